"""The devices that can compute here, and the one that a request means; never another one silently."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import torch

from lipfd_desktop.errors import DeviceError, SettingsError
from lipfd_desktop.language import mark
from lipfd_desktop.network.device_name import device_name
from lipfd_desktop.result import DeviceInfo


def available_devices() -> list[DeviceInfo]:
    """Every device of this machine, best first: CUDA GPUs, Apple's GPU, the CPU."""
    names = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        names.append("mps")
    names.append("cpu")
    return [DeviceInfo(requested=name, name=name, description=_describe(name)) for name in names]


def resolve_device(requested: str) -> DeviceInfo:
    """The device that a request means.

    Parameters
    ----------
    requested
        ``auto`` (the best there is), ``cpu``, ``cuda`` (the first), ``cuda:N`` or ``mps``.

    Raises
    ------
    SettingsError
        The text names no kind of device.
    DeviceError
        There is no such device here, or it is there and does not work.
    """
    wanted = device_name(requested)
    if re.fullmatch(r"auto|cpu|cuda:\d+|mps", wanted) is None:
        raise SettingsError(
            mark("“{requested}” is no device; use auto, cpu, cuda, cuda:N or mps."), requested=requested
        )
    devices = available_devices()
    if wanted == "auto":
        chosen = devices[0]
    else:
        matching = [device for device in devices if device.name == wanted]
        if not matching:
            raise DeviceError(
                mark("There is no device “{requested}” on this machine; it has {devices}. Choose one of these."),
                requested=requested,
                devices=tuple(f"{device.name} ({device.description})" for device in devices),
            )
        chosen = matching[0]
    _try_out(chosen)
    return DeviceInfo(requested=requested, name=chosen.name, description=chosen.description)


def _try_out(device: DeviceInfo) -> None:
    """Compute one number, because a GPU can be listed and yet be too old, taken or without a driver."""
    try:
        torch.ones(1, device=device.name).add_(1).item()
    except RuntimeError as error:
        first_line = str(error).partition("\n")[0]
        raise DeviceError(
            mark("The device {name} ({description}) does not work: {reason}. Choose cpu, or mend its driver."),
            name=device.name,
            description=device.description,
            reason=first_line,
        ) from error


def _describe(name: str) -> str:
    if name == "cpu":
        threads = torch.get_num_threads()
        return f"{_processor()}, {threads} thread{'' if threads == 1 else 's'}"
    if name == "mps":
        return f"Apple GPU of {_processor()}"
    properties = torch.cuda.get_device_properties(name)
    return f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"


def _processor() -> str:
    """Name of the processor for people; Python itself gives only the architecture on Linux."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    match = re.search(r"^model name\s*:\s*(.+)$", text, flags=re.MULTILINE)
    return match.group(1).strip() if match else platform.machine()
