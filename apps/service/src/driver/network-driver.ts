import type { Host } from '@trusted-launch/host'
import type { NetworkDriver } from '../domain/host/networks.ts'

/** The virtual networks of this machine. */
export function networkDriver(host: Host): NetworkDriver {
  return {
    async putNetwork(plan) {
      if (await isBridged(host)) await host.networks.put(plan)
    },

    async removeNetwork(id) {
      await host.networks.remove(id)
    },

    async networks() {
      return host.networks.plans().map((plan) => plan.id)
    },
  }
}

/** Whether the host makes networks. */
export async function isBridged(host: Host): Promise<boolean> {
  return (await host.networkMode()).kind === 'bridged'
}
