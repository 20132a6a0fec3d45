# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A Slurm cluster of several nodes on loopback of this one machine, by hand and for a test: munged, slurmctld and a slurmd a node.
# Sourced, after runner/tests/lib.sh. Needs root, and the packages slurm-wlm and munge. slurm_start DIR NODES; slurm_kill_node NAME; slurm_stop.

slurm_pids=()

slurm_start() {
  local dir=$1 nodes=$2 i host
  host=$(hostname -s)
  mkdir -p "$dir/state" "$dir/munge"
  chmod 700 "$dir/munge"
  dd if=/dev/urandom of="$dir/munge/key" bs=128 count=1 status=none
  chmod 400 "$dir/munge/key"
  munged --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
    --log-file="$dir/munge/log" --seed-file="$dir/munge/seed"
  slurm_pids+=("$(<"$dir/munge/pid")")
  # cred_expire: a requeued job waits that long, as the credential of its last start must have expired.
  {
    cat <<CONF
ClusterName=o2labtest
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket,cred_expire=15
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$dir/state
SlurmctldPidFile=$dir/slurmctld.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmdLogFile=$dir/slurmd-%n.log
SlurmdSpoolDir=$dir/spool-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
InactiveLimit=0
KillWait=5
MessageTimeout=10
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobRequeue=1
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
MailProg=/bin/true
CONF
    for ((i = 1; i <= nodes; ++i)); do echo "NodeName=node$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((16900 + i)) CPUs=1 State=UNKNOWN"; done
    echo "PartitionName=night Nodes=node[1-$nodes] Default=YES MaxTime=INFINITE State=UP"
  } >"$dir/slurm.conf"
  export SLURM_CONF=$dir/slurm.conf
  slurmctld -D >"$dir/slurmctld.out" 2>&1 &
  slurm_pids+=("$!")
  for ((i = 1; i <= nodes; ++i)); do slurm_node "$dir" "node$i"; done
  until_true 60 slurm_idle "$nodes"
}

# slurm_node DIR NAME: its slurmd.
slurm_node() {
  mkdir -p "$1/spool-$2"
  slurmd -D -N "$2" >"$1/slurmd-$2.out" 2>&1 &
  slurm_pids+=("$!")
  echo "$!" >"$1/$2.pid"
}

slurm_idle() { [[ $(sinfo -h -N -t idle -o %N 2>/dev/null | sort -u | wc -l) == "$1" ]]; }

# All that descends from PID, itself first.
slurm_tree() {
  local child
  echo "$1"
  for child in $(pgrep -P "$1"); do slurm_tree "$child"; done
}

# slurm_kill_node DIR NAME: as if its host had lost power: slurmd, the steps on it and all that they started, at one moment.
slurm_kill_node() {
  local pid pids=() parent
  mapfile -t pids < <(slurm_tree "$(<"$1/$2.pid")")
  for pid in /proc/[0-9]*; do
    pid=${pid#/proc/}
    # A case runs far from its shell; what Slurm has set is in its environment all the same.
    grep -qsz "^SLURMD_NODENAME=$2$" "/proc/$pid/environ" || continue
    pids+=("$pid")
    # slurmstepd has it not, and would tell the controller of the end of its child.
    parent=$(ps -o ppid= -p "$pid" | tr -d ' ')
    if [[ $(ps -o args= -p "${parent:-0}") == slurmstepd:* ]]; then pids+=("$parent"); fi
  done
  kill -STOP "${pids[@]}" 2>/dev/null || true
  kill -9 "${pids[@]}" 2>/dev/null || true
}

slurm_stop() {
  local pid
  scancel --user="$(id -un)" 2>/dev/null || true
  for ((pid = ${#slurm_pids[@]} - 1; pid >= 0; --pid)); do kill "${slurm_pids[pid]}" 2>/dev/null || true; done
  wait 2>/dev/null || true
}
