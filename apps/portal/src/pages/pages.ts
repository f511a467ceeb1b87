import type { ComponentType } from 'react'

interface PageEntry {
  readonly path: string
  readonly load: () => Promise<{ default: ComponentType }>
}

/** Every page, by its address; each a file of this folder. */
export const PAGES: readonly PageEntry[] = [
  { path: '/', load: () => import('./overview.tsx') },
  { path: '/virtual-machines', load: () => import('./machines.tsx') },
  { path: '/virtual-machines/create', load: () => import('./create.tsx') },
  { path: '/images/import', load: () => import('./import.tsx') },
  { path: '/scale-sets', load: () => import('./scale-sets.tsx') },
  { path: '/scale-set/$id', load: () => import('./scale-set.tsx') },
  { path: '/images', load: () => import('./images.tsx') },
  { path: '/image/$id', load: () => import('./image.tsx') },
  { path: '/disks', load: () => import('./disks.tsx') },
  { path: '/recommendations', load: () => import('./recommendations.tsx') },
  { path: '/alerts', load: () => import('./alerts.tsx') },
  { path: '/alert/$id', load: () => import('./alert.tsx') },
  { path: '/suppression-rules', load: () => import('./suppression.tsx') },
  { path: '/exemptions', load: () => import('./exemptions.tsx') },
  { path: '/policies', load: () => import('./policies.tsx') },
  { path: '/plan/$id', load: () => import('./plan.tsx') },
  { path: '/policy/$id', load: () => import('./policy.tsx') },
  { path: '/access', load: () => import('./access.tsx') },
  { path: '/audit', load: () => import('./audit.tsx') },
  { path: '/operations', load: () => import('./operations.tsx') },
  { path: '/host', load: () => import('./host.tsx') },
  { path: '/virtual-machine/$id/$tab', load: () => import('./machine.tsx') },
]
