/** `InvalidTemplate`: it says something that is not so; `JobSizeExceeded`: more than a deployment may be. Azure's codes. */
export type TemplateErrorCode = 'InvalidTemplate' | 'JobSizeExceeded'

/** A template that cannot be deployed as it stands. Its message names no value of a secure parameter. */
export class TemplateError extends Error {
  readonly code: TemplateErrorCode
  /** Where in the template: `resources[2].properties.osProfile`. */
  readonly path: string
  readonly reason: string

  constructor(reason: string, path = '', code: TemplateErrorCode = 'InvalidTemplate') {
    super(path === '' ? reason : `${reason} Path '${path}'.`)
    this.name = 'TemplateError'
    this.code = code
    this.path = path
    this.reason = reason
  }
}

/** The state of a resource is needed to go on: who has it asks again with it. */
export class NeedsReference extends Error {
  readonly id: string
  /** Null: that of the resource itself, or any. */
  readonly apiVersion: string | null

  constructor(id: string, apiVersion: string | null) {
    super(`the state of ${id} is needed`)
    this.name = 'NeedsReference'
    this.id = id
    this.apiVersion = apiVersion
  }
}

const SHOWN_MAX = 200

/** As much of a text as a message holds. */
export const clip = (text: string): string =>
  text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`
/** What `work` throws is told with where it happened. @throws {TemplateError} */
export function at<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TemplateError) || error.path !== '') throw error
    throw new TemplateError(error.reason, path, error.code)
  }
}
