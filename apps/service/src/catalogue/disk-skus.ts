import type { Fault } from '@trusted-launch/api'

/** What any file on this host's disks is good for: none of these promises a speed. */
const HERE: readonly string[] = ['Standard_LRS', 'StandardSSD_LRS', 'Premium_LRS']
/** Azure's others promise a speed, or a second zone. */
const ELSEWHERE: readonly string[] = [
  ...['PremiumV2_LRS', 'UltraSSD_LRS', 'Premium_ZRS', 'StandardSSD_ZRS'],
]

/** Why a disk cannot be of a kind, in any case of letters; null: it can, or none was asked for. */
export function diskSkuFault(name: string | null, target: string): Fault | null {
  const isAmong = (names: readonly string[]) =>
    names.some((one) => one.toLowerCase() === name?.toLowerCase())
  if (name === null || isAmong(HERE)) return null
  if (isAmong(ELSEWHERE))
    return {
      status: 409,
      code: 'SkuNotAvailable',
      message: `Disks of the sku '${name}' are not offered by this host: ${HERE.join(', ')} are, of one speed.`,
      target,
    }
  return {
    status: 400,
    code: 'InvalidParameter',
    message: `The value '${name.slice(0, 80)}' of parameter '${target}' is invalid: ${[...HERE, ...ELSEWHERE].join(', ')} are known.`,
    target,
  }
}
