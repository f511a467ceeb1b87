import { existsSync, readFileSync } from 'node:fs'
import { findProgram } from './process.ts'

/** Where the scopes of all VMs are; systemd.slice(5). */
const SLICE = 'trustedlaunch.slice'

/**
 * What a program that is to outlive us is started by, so that systemd does not end it with our unit: systemd-run(1),
 * which gives it a scope, a unit of its own, and becomes it. Nothing where systemd did not start us as a service:
 * nobody ends the VMs with us there. As a plain user it is nothing too: the unit says `KillMode=process` then.
 */
export function scopeOf(description: string): readonly string[] {
  const systemdRun = findProgram('systemd-run')
  if (systemdRun === null || process.getuid?.() !== 0) return []
  if (!existsSync('/run/systemd/system')) return []
  const cgroups = readFileSync('/proc/self/cgroup', 'latin1')
  return isService(cgroups) ? scopeArguments(systemdRun, description) : []
}

/** Whether systemd started the process with these control groups as a service; cgroups(7), /proc/PID/cgroup. */
export function isService(cgroups: string): boolean {
  return /^(?:0:|\d+:name=systemd):.*\.service$/m.test(cgroups)
}

export function scopeArguments(systemdRun: string, description: string): readonly string[] {
  const about = [`--slice=${SLICE}`, `--description=${description}`]
  return [systemdRun, '--scope', '--quiet', '--collect', ...about, '--']
}
