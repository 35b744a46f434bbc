# syntax=docker/dockerfile:1
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Without development dependencies: no compiler, no embedded database, no Node of its own.
RUN npm ci --omit=dev && npm cache clean --force

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 MANAGEMENT_HOST=0.0.0.0 MANAGEMENT_PORT=9464
# Stack traces name the sources, in the commands that are run beside the service too.
ENV NODE_OPTIONS=--enable-source-maps
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
# A volume mounted here takes over this owner.
RUN install -d -o 1000 -g 1000 /data
# The user `node`, by number: Kubernetes cannot tell from a name that it is not root (runAsNonRoot).
USER 1000:1000
EXPOSE 3000 9464
# The API and workers alike.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.MANAGEMENT_PORT+'/api/v1/health/live').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
# Runs pending migrations before it listens. As a step of its own instead: MIGRATE_ON_START=false here, and
# `node dist/seeds/run.js` as the command of a job; what starts before it waits, alive and not ready.
CMD ["node", "dist/src/main.js"]
