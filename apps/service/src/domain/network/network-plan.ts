/** A virtual network as its host is to have it: all of it, whatever there was. */
export interface NetworkPlan {
  /** Names it on the host: lower case letters, digits and `-`, at most 64. */
  readonly id: string
  readonly subnets: readonly { readonly prefix: string; readonly gateway: string }[]
  readonly interfaces: readonly InterfacePlan[]
  readonly balancing: readonly BalancingPlan[]
  readonly exits: readonly ExitPlan[]
  /** A bridge of the host that its one subnet is of; `vlan` null: without a tag. Null: it is the network's alone. */
  readonly bridge: {
    readonly name: string
    readonly vlan: number | null
    readonly router: string
  } | null
}

/** A port of a frontend, whose connections are spread over members. */
export interface BalancingPlan {
  readonly address: string
  /** Whether it is routed to the host; else it is of one of the subnets. */
  readonly isPublic: boolean
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  readonly backendPort: number
  /** Addresses of interfaces. */
  readonly members: readonly string[]
  /** Whether all of a client's go to the same member. */
  readonly isSticky: boolean
  /** Null: all members are taken for well. */
  readonly probe: ProbePlan | null
}

/** What a member is asked, to know whether it is well. */
export interface ProbePlan {
  readonly protocol: 'tcp' | 'http' | 'https'
  readonly port: number
  readonly path: string
  readonly intervalSeconds: number
  /** So many answers in a row change what it is taken for. */
  readonly threshold: number
}

/** What members begin comes from this public address. */
export interface ExitPlan {
  readonly address: string
  readonly members: readonly string[]
}

/** How one VM has its part in the network. */
export interface InterfacePlan {
  /** The VM's id on its host. */
  readonly machine: string
  /** `52:54:00:12:34:56` */
  readonly mac: string
  readonly address: string
  /** A DNS label; null: it has no name there. */
  readonly name: string | null
  /** Security groups that what comes in has to pass, each of them; none: all passes. */
  readonly inbound: readonly (readonly PassageRule[])[]
  readonly outbound: readonly (readonly PassageRule[])[]
  /** Ports of the host's loopback that lead to it. */
  readonly forwards: readonly { readonly hostPort: number; readonly guestPort: number }[]
  /** Null: it has none of its own. */
  readonly publicAddress: string | null
}

/** The first of a group that matches decides; where none does, nothing passes. */
export interface PassageRule {
  readonly allow: boolean
  /** Null: any. */
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'esp' | 'ah' | null
  readonly from: Places | null
  readonly to: Places | null
  readonly fromPorts: readonly PortRange[] | null
  readonly toPorts: readonly PortRange[] | null
}

/** What lies in one of the prefixes, or with `except` in none of them. */
export interface Places {
  readonly prefixes: readonly string[]
  readonly except: boolean
}

/** Both ends included. */
export type PortRange = readonly [first: number, last: number]
