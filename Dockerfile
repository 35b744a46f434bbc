# syntax=docker/dockerfile:1

# node:24-bookworm-slim as of Node 24.21.0. The newest: docker buildx imagetools inspect node:24-bookworm-slim
ARG NODE_IMAGE=node:24-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
RUN npm run build
# What the API pages are made of goes into the image `with-docs` only.
RUN mkdir docs && mv dist/assets docs/assets \
  && cp --parents node_modules/swagger-ui-dist/swagger-ui.css node_modules/swagger-ui-dist/swagger-ui-bundle.js \
    node_modules/swagger-ui-dist/favicon-32x32.png docs

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Without development dependencies: no embedded database, no Node of its own.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --no-audit --no-fund
# The compiler is an optional peer of @nestjs/swagger, which reads no sources here; declarations and source maps of packages
# are for those who change them.
RUN rm -rf node_modules/typescript node_modules/@types node_modules/swagger-ui-dist node_modules/.package-lock.json \
  && find node_modules -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' \) -delete

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 MANAGEMENT_HOST=0.0.0.0 MANAGEMENT_PORT=9464
# Stack traces name the sources, in the commands that are run beside the service too.
ENV NODE_OPTIONS=--enable-source-maps
# Nothing is installed in a container.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
    /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
# For development mode only, which keeps its secrets there; a volume mounted here takes over this owner.
RUN install -d -o 1000 -g 1000 /data
# The user `node`, by number: Kubernetes cannot tell from a name that it is not root (runAsNonRoot).
USER 1000:1000
EXPOSE 3000 9464
# The API and workers alike.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.MANAGEMENT_PORT+'/api/v1/health/live').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
# Runs pending migrations before it listens. As a step of its own instead: MIGRATE_ON_START=false here, and
# `node dist/src/cli.js migrate` as the command of a job; what starts before it waits, alive and not ready.
# The process is the first of the container (PID 1), takes its signals and leaves no children behind: it needs no init.
CMD ["node", "dist/src/main.js"]
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="Gatehouse" \
  org.opencontainers.image.description="Identity and access service: users, roles, privileges, sign-in and tokens over a REST API" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}"

# With Swagger UI and ReDoc, for DOCS_ENABLED: docker build --target with-docs
FROM runtime AS with-docs
COPY --from=build /app/docs/node_modules node_modules
COPY --from=build /app/docs/assets dist/assets

FROM runtime AS production
