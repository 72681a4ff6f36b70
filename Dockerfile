# The image of netwatch, for every platform of its base image:
#   docker buildx build --platform linux/amd64,linux/arm64 \
#     --build-arg VERSION=… --build-arg REVISION="$(git rev-parse HEAD)" .

# A tag may become another image tomorrow, a digest can't. Both stages must be of one Python.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285


FROM ${PYTHON_IMAGE} AS build

# Without `speed`: uvloop changes nothing in what an agent costs, but takes a MiB on every node.
ARG EXTRAS=grpc,kubernetes
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

COPY pyproject.toml README.md LICENSE /source/
COPY netwatch /source/netwatch

# Only wheels, so that nothing has to be compiled, here or on another platform. The environment
# has no pip: nothing is ever installed into it again.
RUN pip wheel --no-deps --wheel-dir /wheels /source
RUN python -m venv --without-pip /opt/netwatch
RUN pip --python /opt/netwatch/bin/python install --only-binary :all: "$(ls /wheels/*.whl)[${EXTRAS}]"


FROM ${PYTHON_IMAGE}

ARG SOURCE=https://github.com/netwatch/netwatch
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="netwatch" \
      org.opencontainers.image.description="A network health agent: says whether the network works, how well, and whose fault it is." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

COPY --from=build /opt/netwatch /opt/netwatch

# The root file system may be read-only: nothing is written, and what Python compiles was compiled
# when it was installed.
ENV PATH=/opt/netwatch/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# UID 0, because raw sockets need the capability NET_RAW, and container runtimes give capabilities
# to no other user. Drop all others (the chart does). Where datagram ICMP is allowed by the sysctl
# net.ipv4.ping_group_range, any other user will do: `--user 65532`.
USER 0:0

EXPOSE 9847
ENTRYPOINT ["netwatch"]
CMD ["agent"]
