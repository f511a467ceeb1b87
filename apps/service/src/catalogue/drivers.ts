import type { Notice, Security } from './security.ts'
import type { Size } from './sizes.ts'

/** What a VM's guest is, as far as drivers are concerned. */
export interface GuestSystem {
  readonly osType: 'Linux' | 'Windows'
  /** `ubuntu`, `debian` …, lower case; null: not known. */
  readonly distribution: string | null
}

type Driver = 'CUDA' | 'GRID'

/** NVIDIA's drivers by series; a series of another maker's GPUs, or of FPGAs, is not here. */
const drivers: Readonly<Record<string, readonly Driver[]>> = {
  NC: ['CUDA'],
  NCv2: ['CUDA'],
  NCv3: ['CUDA'],
  NCasT4_v3: ['CUDA', 'GRID'],
  NC_A100_v4: ['CUDA'],
  NCadsA10_v4: ['CUDA', 'GRID'],
  NCadsH100_v5: ['CUDA'],
  NCCadsH100_v5: ['CUDA'],
  NC_RTXPRO6000BSE_v6: ['CUDA', 'GRID'],
  ND: ['CUDA'],
  NDv2: ['CUDA'],
  NDasrA100_v4: ['CUDA'],
  NDm_A100_v4: ['CUDA'],
  ND_H100_v5: ['CUDA'],
  ND_H200_v5: ['CUDA'],
  ND_GB200_v6: ['CUDA'],
  ND_GB300_v6: ['CUDA'],
  NV: ['GRID'],
  NVv2: ['GRID'],
  NVv3: ['GRID'],
  NVadsA10_v5: ['GRID'],
}

type Need = 'nothing' | 'signed' | 'off'

/** With Secure Boot on: nothing to do, a module signed with an enrolled key, or Secure Boot off. */
const needs: Readonly<Record<Driver, Readonly<Record<'windows' | 'ubuntu' | 'linux', Need>>>> = {
  CUDA: { windows: 'nothing', ubuntu: 'signed', linux: 'off' },
  GRID: { windows: 'nothing', ubuntu: 'off', linux: 'off' },
}

/**
 * What the GPU drivers of a size will need of its Secure Boot, told before somebody is stuck: one notice a driver.
 * Empty without Secure Boot, and where the driver loads as it is.
 */
export function driverAdvice(size: Size, guest: GuestSystem, security: Security): Notice[] {
  if (!security.secureBootEnabled) return []
  return (drivers[size.series] ?? []).flatMap((driver) => {
    const need = needs[driver][kindOf(guest)]
    if (need === 'nothing') return []
    return [{ code: `DriverAdvice/${driver}`, level: 'Warning', message: adviceOn(driver, need) }]
  })
}

function kindOf({ osType, distribution }: GuestSystem): 'windows' | 'ubuntu' | 'linux' {
  if (osType === 'Windows') return 'windows'
  return distribution === 'ubuntu' ? 'ubuntu' : 'linux'
}

function adviceOn(driver: Driver, need: Need): string {
  const stuck = `Secure Boot is on: NVIDIA's ${driver} driver will not load as it comes.`
  if (need === 'off')
    return `${stuck} On this system it needs Secure Boot off (securityProfile.uefiSettings.secureBootEnabled), or modules that you sign with a key you enrolled.`
  return `${stuck} Install the modules that Ubuntu signs (linux-modules-nvidia-*), or sign them with a key you enrolled.`
}
