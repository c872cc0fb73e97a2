# The command couplet in an image of its own:
#
#   docker build --tag couplet .
#   docker run --rm --volume "$PWD":/data --workdir /data couplet train --u u.npy --v v.npy --out run
FROM swift:6.3-bookworm AS built
RUN apt-get update \
  && apt-get install --yes --no-install-recommends make python3-pip \
  && rm -rf /var/lib/apt/lists/*
COPY . /couplet
WORKDIR /couplet
RUN make install PREFIX=/opt/couplet

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends gnuplot-nox libstdc++6 \
  && rm -rf /var/lib/apt/lists/*
COPY --from=built /opt/couplet /opt/couplet
ENV PATH=/opt/couplet/bin:$PATH
ENTRYPOINT ["couplet"]
