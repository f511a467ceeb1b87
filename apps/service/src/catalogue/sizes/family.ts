/** What a series' row may say in `is`; what it leaves out is not so. */
export type Trait =
  /** Boots generation 1, generation 2. */
  | 'gen1'
  | 'gen2'
  /** Premium disks. */
  | 'premium'
  | 'arm64'
  /** InfiniBand. */
  | 'rdma'
  /** Two vCPUs are the threads of one core. */
  | 'smt'
  /** No accelerated networking. */
  | 'plain'
  /** From before encryption at the host; offered to cloud services, too. */
  | 'old'
  /** Never evicted: no spot VMs. */
  | 'kept'
  /** Remote and local disks are NVMe only. */
  | 'nvme'
  /** Confidential VMs and nothing else. */
  | 'snp'
  | 'tdx'

/**
 * A series as a rule. `sizes` are words, each `label[:memory[:vCPUs]]`: the label stands for `*` in `names`,
 * its leading number is the vCPUs unless said otherwise, memory is `gb` times that unless said otherwise.
 * `8-4s` is `8s` of which the guest sees 4 vCPUs. A ladder such as `2:4 8:16` is read upwards: from 2 vCPUs on
 * 4, from 8 on 16.
 */
export interface Family {
  /** Azure's name of the quota it counts in. */
  readonly family: string
  /** As Microsoft's pages call it: `Dsv5`. */
  readonly series: string
  readonly names: string
  readonly sizes: string
  /** GiB a vCPU. */
  readonly gb?: number
  /** Data disks, a ladder. */
  readonly disks: string
  /** Network interfaces, a ladder. */
  readonly nics: string
  /** GiB of temporary disk a vCPU, or of each size in order. */
  readonly temp?: number | string
  /** GiB of local NVMe a vCPU, or of each size in order. */
  readonly nvme?: number | string
  /** GPUs (FPGAs) of each size in order. */
  readonly gpus?: string
  /** Traits, as words. */
  readonly is: string
}

/** Ladders that many series share. */
export const DISKS_32 = '1:2 2:4 4:8 8:16 16:32'
export const DISKS_64 = '1:4 2:8 4:16 8:32 16:64'
export const DISKS_V6 = '2:8 4:12 8:24 12:48 32:64'
export const DISKS_V7 = '2:10 4:12 8:26 16:48 32:64'
export const NICS_8 = '1:2 8:4 16:8'
export const NICS_OLD = '1:2 4:4 8:8'
export const NICS_CLOSE = '1:2 8:4 20:8'
export const NICS_V7 = '2:3 4:4 16:8 64:15'
export const NICS_V7_AMD = '2:2 8:4 16:8 128:15'
