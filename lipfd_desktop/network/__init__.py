"""The LipFD network: configuration, weights, devices and scoring; it knows nothing of files of video."""
