# mmda in an image, for CPUs or for NVIDIA GPUs.
#
#   docker build -t mmda .
#   docker build -t mmda:cuda --build-arg BASE=nvidia/cuda:12.6.3-base-ubuntu24.04 .
#   docker run --rm --user $(id -u) -v "$PWD:/data" mmda predict CONFIG CHECKPOINT scene.tif --out maps
#   docker run --rm --gpus all --shm-size 8g ... mmda:cuda train ...
#
# BASE is any Debian or Ubuntu with Python 3.11 or newer. PyTorch brings its own CUDA libraries, so
# that an image for GPUs needs no more than the driver's side. For a small image without GPUs, give
# PIP_EXTRA_INDEX_URL: the address of an index with PyTorch for CPUs.
#
# Not run yet: neither image has been built.
ARG BASE=debian:bookworm-slim
FROM ${BASE}

# The last two are what OpenCV loads.
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-venv libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*

ARG PIP_EXTRA_INDEX_URL=
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY configs configs
COPY mmda mmda
RUN python3 -m venv /opt/mmda \
    && PIP_EXTRA_INDEX_URL="${PIP_EXTRA_INDEX_URL}" /opt/mmda/bin/python -m pip install \
        --no-cache-dir -c constraints.txt '.[report,pretrained,safetensors,onnx]' \
    && rm -rf build

# A home that any user of `docker run --user` may write into.
RUN mkdir -m 1777 /home/mmda
ENV HOME=/home/mmda PATH=/opt/mmda/bin:$PATH
WORKDIR /data
ENTRYPOINT ["mmda"]
CMD ["--help"]
