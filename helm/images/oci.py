#!/usr/bin/env python3
"""Writes an OCI image archive from folders, one layer each: needs no registry and no container engine.

The same folders make the same bytes: entries are sorted, belong to nobody in particular and are as old as 1970.
"""
import argparse, gzip, hashlib, io, json, os, platform, tarfile

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
OCI = "application/vnd.oci.image."


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("name", help="repository:tag")
    p.add_argument("out", help="the archive to write")
    p.add_argument("root", nargs="+", help="a folder that becomes a layer, the lowest first")
    p.add_argument("--entrypoint", type=json.loads, help="a JSON list")
    p.add_argument("--cmd", type=json.loads, help="a JSON list")
    p.add_argument("--user", help="UID:GID; without it root")
    p.add_argument("--env", action="append", default=["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
    p.add_argument("--label", action="append", default=[], help="NAME=VALUE")
    return p.parse_args()


def plain(entry):
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def layer(root):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder, folders, files in os.walk(root):
            folders.sort()
            for name in sorted(folders + files):
                path = os.path.join(folder, name)
                tar.add(path, arcname=os.path.relpath(path, root), recursive=False, filter=plain)
    return buffer.getvalue()


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def main():
    a = arguments()
    blobs = {}

    def blob(data, media_type):
        blobs[sha256(data)] = data
        return {"mediaType": media_type, "digest": sha256(data), "size": len(data)}

    layers = [layer(root) for root in a.root]
    config = {"Env": a.env}
    for key, value in (("Entrypoint", a.entrypoint), ("Cmd", a.cmd), ("User", a.user)):
        if value:
            config[key] = value
    if a.label:
        config["Labels"] = dict(label.split("=", 1) for label in a.label)
    image = {"architecture": MACHINES.get(platform.machine(), platform.machine()), "os": "linux", "config": config,
             "rootfs": {"type": "layers", "diff_ids": [sha256(data) for data in layers]}}
    manifest = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
                "config": blob(json.dumps(image).encode(), OCI + "config.v1+json"),
                "layers": [blob(gzip.compress(data, 6, mtime=0), OCI + "layer.v1.tar+gzip") for data in layers]}
    entry = blob(json.dumps(manifest).encode(), manifest["mediaType"])
    entry["annotations"] = {"io.containerd.image.name": a.name, "org.opencontainers.image.ref.name": a.name.rsplit(":", 1)[1]}
    index = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": [entry]}
    with tarfile.open(a.out, "w") as tar:
        def put(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        put("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        put("index.json", json.dumps(index).encode())
        for digest, data in blobs.items():
            put("blobs/sha256/" + digest.removeprefix("sha256:"), data)


main()
