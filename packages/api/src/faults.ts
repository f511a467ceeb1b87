import type { Fault } from './fault.ts'
import { parseResourceId } from './resource-id.ts'

/** Azure's texts that no single resource type owns, letter for letter where they are known. */
export const faults = {
  missingApiVersion: (): Fault => ({
    status: 400,
    code: 'MissingApiVersionParameter',
    message: 'The api-version query parameter (?api-version=) is required for all requests.',
  }),
  invalidApiVersion: (given: string): Fault => ({
    status: 400,
    code: 'InvalidApiVersionParameter',
    message: `The api-version '${shown(given)}' is invalid. The supported versions are of the form yyyy-MM-dd, with an optional suffix such as -preview.`,
  }),
  authenticationFailed: (): Fault => ({
    status: 401,
    code: 'AuthenticationFailed',
    message: "Authentication failed. The 'Authorization' header is missing or invalid.",
  }),
  authorizationFailed: (
    client: string,
    objectId: string,
    action: string,
    scope: string,
  ): Fault => ({
    status: 403,
    code: 'AuthorizationFailed',
    message: `The client '${client}' with object id '${objectId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  }),
  subscriptionNotFound: (id: string): Fault => ({
    status: 404,
    code: 'SubscriptionNotFound',
    message: `The subscription '${shown(id)}' could not be found.`,
  }),
  resourceGroupNotFound: (name: string): Fault => ({
    status: 404,
    code: 'ResourceGroupNotFound',
    message: `Resource group '${shown(name)}' could not be found.`,
  }),
  resourceNotFound: (id: string): Fault => {
    const { types = [], names = [], namespace, resourceGroup } = parseResourceId(id) ?? {}
    const path = [namespace, ...types.flatMap((type, i) => [type, names[i]])].join('/')
    const group = resourceGroup == null ? '' : ` under resource group '${resourceGroup}'`
    const message = `The Resource '${shown(path)}'${group} was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`
    return { status: 404, code: 'ResourceNotFound', message }
  },
  invalidResourceType: (path: string): Fault => ({
    status: 404,
    code: 'InvalidResourceType',
    message: `The resource type could not be found for path '${shown(path)}'.`,
  }),
  methodNotAllowed: (method: string): Fault => ({
    status: 405,
    code: 'HttpMethodNotAllowed',
    message: `The HTTP method '${method}' is not supported at scope.`,
  }),
  preconditionFailed: (): Fault => ({
    status: 412,
    code: 'PreconditionFailed',
    message:
      'The condition that the request was made under (If-Match, If-None-Match) does not hold.',
  }),
  missingParameter: (name: string): Fault => ({
    status: 400,
    code: 'InvalidParameter',
    message: `Required parameter '${name}' is missing (null).`,
    target: name,
  }),
  invalidParameter: (target: string): Fault => ({
    status: 400,
    code: 'InvalidParameter',
    message: `The value of parameter ${target} is invalid.`,
    target,
  }),
  invalidFilter: (filter: string): Fault => ({
    status: 400,
    code: 'InvalidFilterInQueryString',
    message: `Invalid $filter '${shown(filter)}' specified in the query string.`,
    target: '$filter',
  }),
  locationNotAvailable: (location: string, type: string, served: readonly string[]): Fault => ({
    status: 400,
    code: 'LocationNotAvailableForResourceType',
    message: `The provided location '${shown(location)}' is not available for resource type '${type}'. List of available regions for the resource type is '${served.join(',')}'.`,
    target: 'location',
  }),
  groupLocationNotAvailable: (location: string, served: readonly string[]): Fault => ({
    status: 400,
    code: 'LocationNotAvailableForResourceGroup',
    message: `The provided location '${shown(location)}' is not available for resource group. List of available regions is '${served.join(',')}'.`,
    target: 'location',
  }),
  invalidRequestContent: (why: string): Fault => ({
    status: 400,
    code: 'InvalidRequestContent',
    message: `The request content was invalid and could not be deserialized: '${why}'.`,
  }),
  operationNotAllowed: (message: string, target?: string): Fault => ({
    status: 409,
    code: 'OperationNotAllowed',
    message,
    ...(target !== undefined && { target }),
  }),
  scopeLocked: (id: string, lock: string): Fault => ({
    status: 409,
    code: 'ScopeLocked',
    message: `The scope '${shown(id)}' cannot perform this operation because following scope(s) are locked: '${lock}'. Please remove the lock and try again.`,
  }),
  internal: (correlationId: string): Fault => ({
    status: 500,
    code: 'InternalServerError',
    message: `Something went wrong on our side. The log tells more under the correlation id ${correlationId}.`,
  }),
} as const

const SHOWN_MAX = 200

/** What somebody sent, at a length that fits into a sentence. */
function shown(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`
}
