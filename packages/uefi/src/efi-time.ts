import { constant, type Of, struct, u8, u16le, u32le } from '@trusted-launch/codec'

/**
 * EFI_TIME: a moment, by calendar. In a signed variable's timestamp nanosecond, timeZone, daylight
 * and the pads must be zero, and it counts as UTC. UEFI 2.10, 8.3. `timeZone` is given as its
 * unsigned 16 bits (0x07ff: unspecified).
 */
export const EFI_TIME = struct('EFI_TIME', {
  year: u16le,
  month: u8,
  day: u8,
  hour: u8,
  minute: u8,
  second: u8,
  pad1: constant(u8, 0),
  nanosecond: u32le,
  timeZone: u16le,
  daylight: u8,
  pad2: constant(u8, 0),
})
export type EFI_TIME = Of<typeof EFI_TIME>

/** All fields zero: a variable that was never written with a timestamp. */
export const EFI_TIME_ZERO: EFI_TIME = Object.freeze({
  year: 0,
  month: 0,
  day: 0,
  hour: 0,
  minute: 0,
  second: 0,
  pad1: 0,
  nanosecond: 0,
  timeZone: 0,
  daylight: 0,
  pad2: 0,
})
