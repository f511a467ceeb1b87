export const SIZES = 'tl size list --supported shows the sizes that this host can give'
const SIGN_IN = 'sign in again: tl login --admin FILE'
const IMAGES = 'tl image list shows the images'
export const WAIT = 'tl operation list shows what goes on; ask again when it is over'
const HELP = 'see --help for what is taken'
const LATER = 'wait a minute, and ask again'

/** What to type after a refusal, by its code. `{vm}` is the VM that was asked about. */
export const HINTS_BY_CODE: Readonly<Record<string, string>> = {
  AuthenticationFailed: SIGN_IN,
  SubscriptionNotFound: SIGN_IN,
  AuthorizationFailed: 'tl whoami shows as whom you ask; an owner gives roles',
  LinkedAuthorizationFailed: 'tl whoami shows as whom you ask; an owner gives roles',
  ResourceGroupNotFound: 'tl group list shows the groups',
  ResourceGroupBeingDeleted: WAIT,
  ResourceGroupDeletionBlocked: 'what is named holds it: delete that first',
  ResourceNotFound: 'tl vm list shows what there is; --group NAME names a group',
  NotFound: IMAGES,
  PlatformImageNotFound: IMAGES,
  ArtifactNotFound: IMAGES,
  InvalidImage:
    'tl image inspect FILE tells what is on a disk, and tl image import FILE --dry-run what works',
  SkuNotAvailable: SIZES,
  AllocationFailed: 'a smaller one may fit: tl size list --supported; tl vm list shows what runs',
  InvalidParameter: HELP,
  InvalidRequestContent: HELP,
  BadRequest: HELP,
  ConflictingUserInput: HELP,
  PropertyChangeNotAllowed: 'it stays as it was made: make another',
  InvalidResourceName: 'such as web-1: letters, digits and hyphens, a letter first',
  InvalidResourceReference:
    'what is named has to be there first, in the same location: tl group list, tl vm list',
  LinkedInvalidPropertyId: 'a name, or an id as --json shows it',
  TooManyRequests: LATER,
  ServerBusy: LATER,
  ServiceUnavailable: LATER,
  HostNotHere: 'tl doctor shows whether the control plane is well; ask again in a minute',
  InternalServerError: 'its log has it under that id: tl up on its machine prints it',
  InternalOperationError: 'its log has it: tl up on its machine prints it; then the same again',
  OperationCanceled: 'the same again begins it anew',
  CommandInterrupted: 'the same again',
  PreconditionFailed: 'somebody changed it meanwhile: the same again',
  AnotherOperationInProgress: WAIT,
  Conflict: WAIT,
  AttachDiskWhileBeingDetached: WAIT,
  ScopeLocked: 'tl audit list shows who locked it',
  InUseSubnetCannotBeDeleted: 'tl vm list shows what uses it: delete that first',
  InUseNetworkSecurityGroupCannotBeDeleted:
    'tl network nsg detach --vm NAME, or --network NAME; then the same again',
  LoadBalancerInUse: 'what is named is behind it: delete that first',
  NicInUse: 'tl vm list shows what uses it: delete that first',
  CannotDeleteResource: 'what is named is in it: delete that first',
  PolicyInUse: 'tl plan show shows a plan that names it: set another one first',
  SecureBootViolation:
    'tl vm console {vm} shows where it stopped; with tl vm security set {vm} --secure-boot off it boots all the same, and is unhealthy',
  VMStartTimedOut: 'tl vm console {vm} shows how far it came',
  VtpmLost: 'tl vm stop {vm} --force ends it; tl vm start {vm} boots it, when you know why',
  VMCrashed: 'tl vm console {vm} shows what it wrote last; tl vm start {vm} boots it again',
  VMAgentStatusCommunicationError:
    'tl vm console {vm} shows whether its guest is up, and runs qemu-guest-agent',
  AttestationFailed: 'tl vm console {vm} shows whether its agent runs; then tl vm attest {vm}',
  AttestationStale: 'tl vm attest {vm} asks it anew; then the same again',
  FixNotPossible: 'tl recommendation list {vm} tells why, and what to do by hand',
  NotApplicable: 'tl recommendation list {vm} --all tells why',
  SourceNotAvailable: 'tl up --allow-source HOST allows it; a file of this machine is always taken',
  BlobNotFound: 'send it again: the same command',
  ChecksumMismatch: 'send it again: the same command',
  UnexpectedAnswer: 'tl doctor shows whether that is a control plane, and well',
  MisdirectedRequest: 'tl up --public-name NAME lets it be called that; tl login signs in again',
  LocationNotAvailableForResourceType: 'leave the location out: there is one',
  LocationNotAvailableForResourceGroup: 'leave the location out: there is one',
  LocationRequired: 'name its location: tl vm list --json shows how it is called',
  InvalidResourceLocation: 'it is in another location already: another name',
  InvalidTemplateDeployment:
    'docs/template-functions.md says what of the language there is; tl deployment validate looks through it again',
  DeploymentNotFound: 'tl deployment list shows what there is; --group NAME names a group',
  DeploymentFailed: 'tl deployment show NAME tells what became of each part',
  DeploymentCanceled: 'tl deployment show NAME tells what was made; the same again goes on',
  DeploymentActive:
    'tl deployment show NAME tells how far it is; tl deployment cancel NAME ends it',
  DeploymentCannotBeCancelled: 'tl deployment show NAME tells what was made',
  DeploymentQuotaExceeded: 'tl deployment list shows those that go on: wait for them',
  MaxUnhealthyInstancePercentExceededInRollingUpgrade:
    'tl vmss instance list NAME shows which are unhealthy',
}

/** Codes whose words say all that there is, or that no command of tl can be answered with. */
export const NO_HINT: readonly string[] = [
  // it depends on what: by its words
  ...['OperationNotAllowed', 'OperationFailed'],
  // tl has no command that could raise them: roles, filters, raw requests
  ...['InvalidActionOrNotAction', 'InvalidApiVersionParameter', 'InvalidAssignableScopes'],
  ...['InvalidFilterInQueryString', 'InvalidResourceNamespace', 'InvalidResourceType'],
  ...['InvalidRoleAssignmentId', 'HttpMethodNotAllowed', 'MissingApiVersionParameter'],
  ...['RoleDefinitionDoesNotExist', 'RoleDefinitionWithSameNameExists', 'UnsupportedQuery'],
  ...['RoleAssignmentExists', 'RoleAssignmentUpdateNotPermitted', 'RoleDefinitionHasAssignments'],
  ...['ScreenNotThere', 'SecurityRuleCannotBeEnforced', 'NetcfgSubnetRangesOverlap'],
  ...['NetcfgInvalidSubnet', 'InvalidAddressPrefixFormat', 'InvalidCIDRNotation'],
  ...['SecurityRuleParameterMissing', 'SecurityRuleParametersMissing'],
  ...['SecurityRuleInvalidPriority', 'SecurityRuleConflict'],
  'EvictionPolicyCanBeSetOnlyOnAzureSpotVirtualMachines',
  // said in an answer, of what is not in a template; and that there is too much for one
  ...['ExportTemplateCompletedWithErrors', 'ExportTemplateProviderError'],
  ...['ResourceTypeSchemaNotFound', 'ExportTemplateTooManyResources'],
  // raw requests to a disk's address
  ...['InvalidPageRange', 'InvalidRange', 'AuthorizationPermissionMismatch'],
  ...['PublicIPAddressPoolMissing', 'PublicIPAddressPoolExhausted', 'PublicIPAddressInUse'],
]
