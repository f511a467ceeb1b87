export type { Acceleration } from './acceleration.ts'
export type { Accounts } from './accounts.ts'
export type { DataDisk } from './data-disk.ts'
export { blankQcow2, converted, copied } from './disk-copy.ts'
export { HostError, ProcessError, StateError } from './errors.ts'
export {
  type Firmware,
  FirmwareError,
  findFirmware,
  makeVariableStore,
  takeVariableStore,
} from './firmware.ts'
export type { FleetOptions, HostCapacity, Outcome } from './fleet.ts'
export type { GuestChannel } from './guest-channel.ts'
export type { GuestScript, GuestScriptEnd } from './guest-script.ts'
export { type Host, type HostOptions, openHost } from './host.ts'
export {
  type BuildOptions,
  buildImage,
  buildSmall,
  buildUki,
  builtImage,
  type ImageName,
  unsignedModule,
} from './images/build-image.ts'
export { type DiskFile, openDiskFile } from './images/disk-file.ts'
export { ImageError, type ImageErrorCode } from './images/errors.ts'
export { putIntoEsp, SECOND_PARTITION_OFFSET, writeEspDisk } from './images/esp-disk.ts'
export { examineFile } from './images/examine-file.ts'
export { type Image, type ImageModule, modulesOfImage } from './images/image.ts'
export { ownSecureBootTemplate } from './images/own-keys.ts'
export { freeVersion, keepVersion, keptImage, keptVersions } from './images/versions.ts'
export type { Invocation } from './invocation.ts'
export type { Log, LogEntry } from './log.ts'
export { type BootComponent, BootFailure, type BootFailureCode } from './machine/boot-failure.ts'
export type { Consistency, DiskCopy } from './machine/copies.ts'
export { MachineError } from './machine/errors.ts'
export type { MachineFacts } from './machine/facts.ts'
export { Machine } from './machine/machine.ts'
export type { Held, MachineRecord, MachineSpec, RecordedSpec } from './machine/record.ts'
export type { Seed } from './machine/seed.ts'
export type { MachineState, MachineStatus } from './machine/status.ts'
export type {
  BridgedNetwork,
  Forward,
  GuestAddresses,
  MachineNetwork,
  UserNetwork,
} from './network.ts'
export { NetworkError, type NetworkErrorCode } from './networks/errors.ts'
export type { Networks } from './networks/networks.ts'
export type {
  InterfacePlan,
  NetworkPlan,
  Places,
  PortForward,
  PortRange,
  Rule,
  SubnetPlan,
} from './networks/plan.ts'
export type { NetworkMode } from './networks/support.ts'
export type { Account, ProcessIdentity } from './process.ts'
export { QmpError } from './qmp/errors.ts'
export {
  type RestorePoint,
  RestorePointError,
  type RestorePointFacts,
} from './restore-points.ts'
export { SealedFileError } from './sealed-file.ts'
export type { ProgramSigner } from './signing/add-signature.ts'
export { type SignedProgram, type SignFileOptions, signFile } from './signing/sign-file.ts'
export { holdLock, readDurably, writeDurably } from './state-directory.ts'
export { VtpmError, type VtpmErrorCode } from './vtpm/errors.ts'
export { openVtpmKeeper } from './vtpm/keeper.ts'
export type { CapturedVtpm, VtpmIdentity } from './vtpm-port.ts'
export { whyNoWindows } from './windows.ts'
