#!/bin/sh
# A machine that is deployed to: an engine of its own, SSH on port 8090, and the registry at the address under which this
# machine has it, since an engine takes a registry without TLS only from itself.
#
#     machine REGISTRY_PORT REGISTRY_ADDRESS
set -eu

# Without `--privileged` these are mounted for reading only.
for group in /sys/fs/cgroup /sys/fs/cgroup/*; do
    if mountpoint --quiet "$group"; then
        mount -o remount,rw,bind "$group" || true
    fi
done
# With the second version of control groups only a group without processes may have others below it.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p /sys/fs/cgroup/init
    xargs -n 1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
    sed 's/ / +/g; s/^/+/' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control || true
fi

mkdir -p /run/sshd
/usr/sbin/sshd -p 8090 -o PasswordAuthentication=no -o UsePAM=no -o StrictModes=no
socat "TCP-LISTEN:$1,bind=127.0.0.1,fork,reuseaddr" "TCP:$2:5000" &
exec dockerd
