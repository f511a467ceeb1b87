import type { NetworkDriver } from '../../src/domain/host/networks.ts'
import type { Deeds } from './state.ts'

/** Virtual networks that are plans. */
export const networks: Deeds<NetworkDriver> = {
  async putNetwork(plan) {
    await this.begin('putNetwork', plan.id)
    this.networkPlans.set(plan.id, plan)
  },

  async removeNetwork(id) {
    await this.begin('removeNetwork', id)
    this.networkPlans.delete(id)
  },

  async networks() {
    return [...this.networkPlans.keys()]
  },
}
