"""How long ncnn takes for a picture: time_ncnn.py NETWORK WxH THREADS CALLS. A process of its own for network.py."""

import json
import sys
import time

import ncnn
import numpy

SCALE = 4


def load_ncnn(stem: str, threads: int):
    """fp32 throughout, as ours is; all else as ncnn has it by default."""
    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_vulkan_compute = False
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_packed = net.opt.use_bf16_storage = False
    net.opt.use_int8_inference = net.opt.use_int8_packed = net.opt.use_int8_storage = net.opt.use_int8_arithmetic = False
    net.load_param(f"{stem}.param")
    net.load_model(f"{stem}.bin")
    return net


def call_ncnn(net, picture):
    extractor = net.create_extractor()
    extractor.input("data", picture)
    status, out = extractor.extract("output")
    if status != 0 or (out.w, out.h) != (SCALE * picture.w, SCALE * picture.h):
        sys.exit(f"ncnn answered {status}, a picture of {out.w}x{out.h}: its package or the network's files are broken")


def time_ncnn(stem: str, size: str, threads: str, calls: str):
    """Prints the seconds of each call but the first."""
    width, height = map(int, size.split("x"))
    net = load_ncnn(stem, int(threads))
    image = numpy.random.default_rng(7).random((3, height, width), dtype=numpy.float32)
    picture = ncnn.Mat(image)
    call_ncnn(net, picture)
    seconds = []
    for _ in range(int(calls)):
        began = time.perf_counter()
        call_ncnn(net, picture)
        seconds.append(time.perf_counter() - began)
    print(json.dumps(seconds))


if __name__ == "__main__":
    time_ncnn(*sys.argv[1:])
