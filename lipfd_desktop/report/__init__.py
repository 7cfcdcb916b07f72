"""What is exported: PNG, PDF, JSON and CSV, each file whole or not at all.

JSON and CSV need only the :class:`~lipfd_desktop.result.AnalysisResult`; the PNG and the PDF also show stills and
compare the hash of the file, so they take the :class:`~lipfd_desktop.report.document.Report` that ``build_report``
makes of it.
"""
