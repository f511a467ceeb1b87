import type { AlertEvent } from '@trusted-launch/posture'
import type { AttestRate } from '../domain/attest-rate.ts'
import type { Authorizer } from '../domain/caller.ts'
import type { Inside } from '../domain/deployment/inside.ts'
import type { DeploymentRecord } from '../domain/deployment/record.ts'
import type { Destination, ReceiverRules } from '../domain/destinations.ts'
import type { HostDriver } from '../domain/host-driver.ts'
import type { Moment } from '../domain/resource-type.ts'
import type { Store, Tables, Values } from '../domain/store.ts'
import type { Issue } from '../domain/tokens.ts'
import type { NotShown, ShownBoot } from '../workers/boot-view.ts'
import type { Consoles } from './consoles/consoles.ts'
import type { EventFeed } from './event-feed.ts'
import type { ArmRequest } from './route.ts'

/** What the endpoints stand on. */
export interface Ground {
  readonly store: Store
  readonly authorizer: Authorizer
  /** What the one location of this installation is called. */
  readonly location: string
  /** The lease whose holder drives the host. */
  readonly host: string
  readonly now: () => number
  /** Another key signs verdicts from now on. */
  readonly rotateSigner: (values: Values) => Promise<void>
  /** Signs a verdict for an audience. */
  readonly issue: Issue
  /** Told of a principal's new secret: the administrator's is in `admin.json` after the next start. */
  readonly keepSecret: (
    tables: Pick<Tables, 'values'>,
    principalId: string,
    secret: string,
  ) => Promise<void>
  /** These endpoints, asked from within; there once they are served. */
  readonly inside: () => Inside
  /** Keeps sealed what a deployment is to do, until it is done. */
  readonly keepDeployment: (
    tables: Pick<Tables, 'values'>,
    run: string,
    record: DeploymentRecord,
  ) => Promise<void>
  /** How often a VM may be asked, by whatever endpoint. */
  readonly attestRate: AttestRate
  /** Reads a record for people, beside the event loop. @throws {AppraisalError} it cannot be shown. */
  readonly showBoot: (record: Uint8Array) => Promise<ShownBoot | NotShown>
  /** Tells whoever listens what happens. */
  readonly feed: EventFeed
  /** Asks the host. @throws {HostElsewhere} from each deed while another process drives it. */
  readonly driver: HostDriver
  /** What people look at of VMs, and type. */
  readonly consoles: Consoles
  /** Telling others of alerts. */
  readonly delivery: {
    /** Seals the secret of a destination; null: it goes. */
    readonly keepSecret: (
      tables: Pick<Tables, 'values'>,
      destinationId: string,
      secret: string | null,
    ) => Promise<void>
    readonly rules: ReceiverRules
    /** @throws {DeliveryError} */
    readonly send: (id: string, destination: Destination, event: AlertEvent) => Promise<void>
    /** There may be something to tell. */
    readonly wake: () => void
  }
  /** Told after an operation was enqueued. */
  readonly wake: () => void
}

/** What is known while a change of that request is decided. */
export function momentOf(ground: Ground, tables: Tables, request: ArmRequest): Moment {
  const { caller, correlationId, apiVersion } = request
  return { tables, caller, correlationId, apiVersion, at: ground.now(), location: ground.location }
}
