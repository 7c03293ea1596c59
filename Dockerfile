# The image holds one static binary, the certificates of the public authorities
# and an example feeds.yaml; time zones are inside the binary. There is no shell
# and no package manager in it.

FROM --platform=$BUILDPLATFORM docker.io/library/golang:1.26-bookworm AS build
ARG TARGETOS
ARG TARGETARCH
ARG VERSION
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.release=$VERSION" -o /out/wireroom ./cmd/wireroom
# Whoever the container runs as is in group 0 (as OpenShift does it) or the
# image's own user: both may write.
RUN mkdir -p /out/data && chmod 2775 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=65532:0 /out/data /data
COPY feeds.yaml /etc/wireroom/feeds.yaml
COPY --from=build /out/wireroom /usr/bin/wireroom

# feeds.yaml names its store relative to the working directory: data/wireroom.db.
WORKDIR /
USER 65532:0
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s --retries=3 \
    CMD ["/usr/bin/wireroom", "healthcheck", "--config", "/etc/wireroom/feeds.yaml"]
ENTRYPOINT ["/usr/bin/wireroom"]
CMD ["serve", "--config", "/etc/wireroom/feeds.yaml"]
