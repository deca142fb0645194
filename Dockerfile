# syntax=docker/dockerfile:1
#
# A Camshard node. docs/deploy.md says how to run it, and what of this file was built for real.
#
#     docker build --target cpu  -t camshard:cpu  .     # linux/amd64 and linux/arm64
#     docker build --target cuda -t camshard:cuda .     # linux/amd64
#
# Both run as uid 10001, need one writable folder (/var/lib/camshard) and nothing from the network: the default model is
# built with the image. `camshard up` is the first process: it passes signals on, restarts a node that crashed and waits for
# its children, so there is no tini here.

ARG NODE_IMAGE=node:20.20-bookworm-slim
# Brings CUDA 13, cuBLAS 13 and cuDNN 9, as docs/devices.md asks; the driver comes from outside (--gpus all).
ARG CUDA_IMAGE=nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04

# --- everything that is built, the development dependencies included ---
FROM ${NODE_IMAGE} AS build
WORKDIR /opt/camshard
COPY package.json package-lock.json .npmrc ./
# No package needs its install script: native parts come prebuilt.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/ scripts/
COPY core/ core/
COPY config/ config/
COPY models/ models/
COPY analytics/ analytics/
COPY shards/ shards/
COPY actors/ actors/
COPY src/ src/
COPY web/ web/
RUN npm run build
# float32 is what every device takes by itself; float16 is there for whoever asks for it on a card.
RUN node dist/src/cli/main.js models import --dir /opt/camshard-models \
 && node dist/src/cli/main.js models import --dir /opt/camshard-models --precision float16
COPY deploy/docker/ deploy/docker/
RUN npm prune --omit=dev --ignore-scripts \
 && node deploy/docker/slim.mjs

# --- the CUDA provider: 230 MB that only the cuda image carries ---
FROM build AS cuda-provider
RUN node scripts/install-cuda.mjs \
 && mkdir /provider \
 && cp node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_*.so /provider/

# --- what both images share; names are relative to the stages below ---
FROM ${NODE_IMAGE} AS cpu
LABEL org.opencontainers.image.title="camshard" \
      org.opencontainers.image.description="Live camera streams into counts, events and alerts" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/node:20.20-bookworm-slim"
RUN groupadd --gid 10001 camshard \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/camshard --shell /usr/sbin/nologin camshard \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/camshard \
 && ln -s /opt/camshard/dist/src/cli/main.js /usr/local/bin/camshard
WORKDIR /opt/camshard
# What changes least comes first.
COPY --from=build /opt/camshard/node_modules/ node_modules/
COPY --from=build /opt/camshard-models/ /opt/camshard-models/
COPY --from=build /opt/camshard/package.json ./
COPY --from=build /opt/camshard/deploy/docker/healthcheck.mjs ./
COPY --from=build /opt/camshard/dist/ dist/
# In a container loopback reaches nobody, so the node binds all addresses, and so it refuses to start without
# CAMSHARD_AUTH__TOKEN. Every other key can be set the same way (docs/configuration.md).
ENV NODE_ENV=production \
    CAMSHARD_SERVER__HOST=0.0.0.0 \
    CAMSHARD_SERVER__PORT=8080 \
    CAMSHARD_NODE__DATA_DIR=/var/lib/camshard \
    CAMSHARD_MODELS__DIR=/opt/camshard-models
USER 10001:10001
VOLUME ["/var/lib/camshard"]
EXPOSE 8080/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "/opt/camshard/healthcheck.mjs"]
ENTRYPOINT ["node", "/opt/camshard/dist/src/cli/main.js"]
CMD ["up"]

FROM ${CUDA_IMAGE} AS cuda
LABEL org.opencontainers.image.title="camshard" \
      org.opencontainers.image.description="Live camera streams into counts, events and alerts, on NVIDIA cards" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04"
# Node is one file; it is built against an older glibc than this image's.
COPY --from=build /usr/local/bin/node /usr/local/bin/node
RUN groupadd --gid 10001 camshard \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/camshard --shell /usr/sbin/nologin camshard \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/camshard \
 && ln -s /opt/camshard/dist/src/cli/main.js /usr/local/bin/camshard
WORKDIR /opt/camshard
COPY --from=build /opt/camshard/node_modules/ node_modules/
COPY --from=cuda-provider /provider/ node_modules/onnxruntime-node/bin/napi-v6/linux/x64/
COPY --from=build /opt/camshard-models/ /opt/camshard-models/
COPY --from=build /opt/camshard/package.json ./
COPY --from=build /opt/camshard/deploy/docker/healthcheck.mjs ./
COPY --from=build /opt/camshard/dist/ dist/
# A frame that no card can answer within 100 ms is shed. Without a usable card the start fails and says why; a fallback
# would hide that for a node far slower than its neighbours, so whoever wants one says so.
ENV NODE_ENV=production \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    CAMSHARD_SERVER__HOST=0.0.0.0 \
    CAMSHARD_SERVER__PORT=8080 \
    CAMSHARD_NODE__DATA_DIR=/var/lib/camshard \
    CAMSHARD_MODELS__DIR=/opt/camshard-models \
    CAMSHARD_DEVICES='[{kind: cuda}]' \
    CAMSHARD_BATCHING__FRAME_DEADLINE_MS=100
USER 10001:10001
VOLUME ["/var/lib/camshard"]
EXPOSE 8080/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=180s --retries=3 \
  CMD ["node", "/opt/camshard/healthcheck.mjs"]
ENTRYPOINT ["node", "/opt/camshard/dist/src/cli/main.js"]
CMD ["up"]
