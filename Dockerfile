# Hoardarr in a container: docs/docker.md tells how to run it.
ARG NODE_VERSION=24

# With compilers, for platforms that better-sqlite3 has no binary for.
FROM node:${NODE_VERSION}-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY scripts scripts/
RUN npm ci
COPY . .
RUN npm run build
# What is left runs: without sources of C, what was compiled on the way, and binaries of another C library.
RUN npm prune --omit=dev \
  && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src node_modules/couchbase/deps \
    node_modules/couchbase/src node_modules/@couchbase/*-linuxmusl-* node_modules/.hoardarr-install \
  && find node_modules/better-sqlite3/build -type f ! -name better_sqlite3.node -delete \
  && find node_modules dist -name '*.map' -type f -delete

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production \
  HOARDARR_DATA_DIR=/data \
  HOARDARR_METRICS_PORT=9464
WORKDIR /app
# Neither package-lock.json nor tsconfig.build.json: so nothing is installed or built at a start (scripts/bootstrap.mjs).
COPY LICENSE package.json ./
COPY bin bin/
COPY scripts/bootstrap.mjs scripts/launch.mjs scripts/lock-file.mjs scripts/run.mjs scripts/
COPY deploy deploy/
COPY samples samples/
COPY --from=build /app/node_modules node_modules/
COPY --from=build /app/dist dist/
# A new volume takes owner and mode from the folder that it is mounted on. /run/hoardarr is for secrets (docker-compose.yml):
# others may open there what they know the name of, and are allowed to read.
RUN ln -s /app/bin/hoardarr.mjs /usr/local/bin/hoardarr \
  && install -d -o node -g node -m 0700 /data \
  && install -d -o node -g node -m 0711 /run/hoardarr
USER node
VOLUME /data
EXPOSE 8080 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/app/deploy/docker/healthcheck.mjs"]
ENTRYPOINT ["node", "/app/bin/hoardarr.mjs"]
CMD ["start"]
