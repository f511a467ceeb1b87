export {
  type Accepted,
  ArmClient,
  type ClientOptions,
  type HttpAnswer,
  type OperationProgress,
} from './client.ts'
export {
  CONSOLE_ENDS,
  CONSOLE_MESSAGE_MAX,
  CONSOLE_PROTOCOL,
  CONSOLES_PATH,
  type ConsoleEnd,
  type ConsoleKind,
  type ConsoleTicket,
  consoleEndOf,
  consoleProtocols,
  ticketIn,
} from './consoles.ts'
export { ArmError, errorBody, type Fault } from './fault.ts'
export { faults } from './faults.ts'
export { checkBody } from './fields/check-body.ts'
export { diskDispositions, snapshotDispositions } from './fields/disk-dispositions.ts'
export {
  type Disposition,
  type Dispositions,
  dispositionOf,
  dispositionRows,
  membersOf,
} from './fields/dispositions.ts'
export { galleryDispositions } from './fields/gallery-dispositions.ts'
export { scaleSetDispositions } from './fields/scale-set-dispositions.ts'
export { fieldTable } from './fields/tables.ts'
export { vmDispositions } from './fields/vm-dispositions.ts'
export {
  administratorFault,
  customDataFault,
  hostNameFault,
  passwordFault,
} from './login/administrators.ts'
export { keyDataFault, keyPathFault } from './login/ssh-keys.ts'
export {
  type Asked,
  isVmName,
  type NewVm,
  type NewVmRequests,
  networkFor,
  requestsFor,
  securityProfile,
  systemOf,
} from './new-vm.ts'
export { openApiOf } from './openapi/document.ts'
export type { Endpoint } from './openapi/operation.ts'
export { DATA_ACTIONS, isDataAction, matches, type Permission, permits } from './permissions.ts'
export { DRIFT_REASON_MAX, REASON_MAX } from './reasons.ts'
export { keyOf, nameOf, parseResourceId, type ResourceId, typeOf } from './resource-id.ts'
export type {
  BootCertificate,
  BootClaim,
  BootEvent,
  BootEventCheck,
  BootFile,
  BootFinding,
  BootReference,
  BootRegister,
  BootStageView,
  BootView,
} from './views/boot-view.ts'
export type { Integrity, MachineRow } from './views/machine-row.ts'
export type { OfferedSize } from './views/offered-size.ts'
