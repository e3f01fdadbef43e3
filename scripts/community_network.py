"""Community networks, as the package spandrel finds them in files of weights, made to take pictures of any size."""

from pathlib import Path

import torch

from network_export import Refusal


@torch.jit.script
def padded(x, minimum: int, multiple: int, square: bool):
    """Reflected, and where the picture is too small for that repeated, to a size that the network takes."""
    height, width = x.size(-2), x.size(-1)
    tall = (max(minimum, height) + multiple - 1) // multiple * multiple
    wide = (max(minimum, width) + multiple - 1) // multiple * multiple
    if square:
        tall = max(tall, wide)
        wide = tall
    right, bottom = wide - width, tall - height
    if right > 0 or bottom > 0:
        near = [min(right, width - 1), min(bottom, height - 1)]
        x = torch.nn.functional.pad(x, [0, near[0], 0, near[1]], "reflect")
        x = torch.nn.functional.pad(x, [0, right - near[0], 0, bottom - near[1]], "replicate")
    return x


class Fitted(torch.nn.Module):
    """A network of any picture, around one that asks for sizes of a kind."""

    def __init__(self, network, sizes, scale: int):
        super().__init__()
        self.network = network
        self.minimum, self.multiple, self.square = sizes.minimum, sizes.multiple_of, sizes.square
        self.scale = scale

    def forward(self, x):
        height, width = x.size(-2), x.size(-1)
        result = self.network(padded(x, self.minimum, self.multiple, self.square))
        return result[..., : height * self.scale, : width * self.scale]


class Called(torch.nn.Module):
    """A network that spandrel calls in a way of its own, with a map of noise, say, beside the picture."""

    def __init__(self, network, call):
        super().__init__()
        self.network, self.call = network, call

    def forward(self, x):
        return self.call(self.network, x)


def from_spandrel(file: Path):
    import spandrel

    try:
        found = spandrel.ModelLoader().load_from_file(file)
    except spandrel.UnsupportedModelError:
        raise Refusal("spandrel knows no architecture with such weights") from None
    kind = found.architecture.name
    if not isinstance(found, spandrel.ImageModelDescriptor):
        raise Refusal(f"{kind} takes more than a picture (a mask); films have none")
    if found.purpose == "FaceSR":
        raise Refusal(f"{kind} takes faces that were cut out and turned upright, not frames")
    if (found.input_channels, found.output_channels) != (3, 3):
        raise Refusal(f"it turns {found.input_channels} channels into {found.output_channels}; films have 3 (RGB)")
    # spandrel has no public way to tell how it calls a network; its version is pinned.
    plain = found._call_fn.__module__ == spandrel.ImageModelDescriptor.__module__
    network = found.model if plain else Called(found.model, found._call_fn)
    return Fitted(network, found.size_requirements, found.scale), kind, found.supports_half


def load(file: Path, window: int):
    """The network of a file, what kind it is, and whether it may run in fp16."""
    if file.suffix == ".pt":
        try:
            return torch.jit.load(str(file)), "TorchScript", True
        except RuntimeError:
            pass  # it may hold weights alone
    if window != 1:
        raise Refusal("the networks that spandrel knows see one frame; --window takes a TorchScript file")
    return from_spandrel(file)
