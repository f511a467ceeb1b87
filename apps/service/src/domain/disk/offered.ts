import { ArmError } from '@trusted-launch/api'
import type { Wanted } from '../resource-type.ts'
import type { JsonObject, Resource } from '../store.ts'

/** The first member of a disk or snapshot that asks for what there is not here, and is not there from before, refuses it. @throws {ArmError} */
export function requireOffered(
  refused: (body: JsonObject) => readonly string[],
  wanted: Pick<Wanted, 'envelope' | 'properties'>,
  existing: Resource | null,
): void {
  const of = ({ envelope, properties }: typeof wanted) => refused({ ...envelope, properties })
  const there = existing === null ? [] : of(existing)
  const path = of(wanted).find((each) => !there.includes(each))
  if (path === undefined) return
  throw new ArmError({
    status: 400,
    code: 'BadRequest',
    message: `'${path}' is not offered by this installation, and nothing is made without what it asks for: leave it out.`,
    target: path,
  })
}
