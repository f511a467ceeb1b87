import type { NetworkPlan } from '../network/network-plan.ts'

/** Virtual networks on a host. */
export interface NetworkDriver {
  /**
   * Makes a virtual network what it is to be, for VMs that run, too; where the host makes none, nothing happens: its VMs
   * are each alone.
   */
  putNetwork(plan: NetworkPlan): Promise<void>
  /** Nothing happens when it is gone. */
  removeNetwork(id: string): Promise<void>
  /** The ids of the networks there are. */
  networks(): Promise<readonly string[]>
}
