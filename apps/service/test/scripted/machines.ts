import type { MachineDriver } from '../../src/domain/host/machines.ts'
import type { Deeds } from './state.ts'

/** VMs that are plans and a power state. */
export const machines: Deeds<MachineDriver> = {
  async create(plan) {
    await this.begin('create', plan.id)
    if (!this.vms.has(plan.id)) this.vms.set(plan.id, { plan, power: 'stopped' })
  },

  async delete(id, kept = null) {
    await this.begin('delete', id)
    if (kept !== null && this.vms.has(id)) this.kept.push(kept)
    this.vms.delete(id)
  },

  async power(id) {
    return this.vms.get(id)?.power ?? null
  },

  async machines() {
    return [...this.vms.keys()]
  },

  async start(id) {
    await this.begin('start', id)
    this.setVm(id, { power: 'running' })
  },

  async stop(id) {
    await this.begin('stop', id)
    this.setVm(id, { power: 'stopped' })
  },

  async restart(id) {
    await this.begin('restart', id)
    this.setVm(id, { power: 'running' })
  },

  async setIsolated(id, isolated) {
    await this.begin(isolated ? 'isolate' : 'connect', id)
    if (isolated) this.isolated.add(id)
    else this.isolated.delete(id)
  },

  async waitForBoot(id) {
    await this.begin('waitForBoot', id)
    return this.script.boot?.(id) ?? { kind: 'silent' }
  },

  async change(plan) {
    await this.begin('change', plan.id)
    this.setVm(plan.id, { plan })
  },

  async reimage(plan) {
    await this.begin('reimage', plan.id)
    this.setVm(plan.id, { plan })
  },

  async putDataDisks(id, disks) {
    await this.begin('putDataDisks', id)
    this.disks.set(id, disks)
  },

  async sshPort(id, kept) {
    return this.script.sshPort?.(id, kept) ?? kept ?? 22
  },

  async runCommand(id, command) {
    await this.begin('runCommand', id)
    return this.script.command?.(command) ?? { exitCode: 0, stdout: command.script, stderr: '' }
  },
}
