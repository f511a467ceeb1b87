import { type Schema, schemaOf } from './schemas.ts'

/** An endpoint as the contract has it. */
export interface Endpoint {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'
  /** `/subscriptions/:subscriptionId/…` */
  readonly path: string
  /** The right it needs. */
  readonly action: string
  /** The table of its body. */
  readonly body?: string
  /** The table of what it answers; `[…]`: pages of them. */
  readonly answer?: string
}

/** One endpoint among all of them: by these it is known whether it is a list. */
export function operationOf(endpoint: Endpoint, all: readonly Endpoint[]): Schema {
  const { method, path, action, body } = endpoint
  return {
    operationId: nameOf(endpoint, all),
    tags: [action.split('/')[0]!],
    description: `Needs the right \`${action}\`.`,
    parameters: [...pathParameters(path), ...commonParameters(endpoint)],
    ...(body !== undefined && {
      requestBody: { required: method !== 'POST', content: jsonOf(schemaOf(body)) },
    }),
    responses: responsesOf(endpoint),
  }
}

/** `virtualMachines_getInGroup`: what it is about, and what is done where; no two are the same. */
function nameOf({ method, path }: Endpoint, all: readonly Endpoint[]): string {
  const at = path.lastIndexOf('/providers/')
  const [scope, rest] = at < 0 ? ['', path] : [path.slice(0, at), path.slice(at + 11)]
  const parts = rest.split('/').filter((part) => part !== '' && !part.startsWith(':'))
  const isList = all.some((one) => one.path.startsWith(`${path}/:`))
  const verb = method === 'GET' && isList ? 'list' : method.toLowerCase()
  const where = /\/resourceGroups\//.test(scope) ? 'InGroup' : scope === '' ? '' : 'InSubscription'
  const isScoped = scope === '/:scope'
  return `${parts.join('_').replaceAll('.', '')}_${verb}${isScoped ? 'AtScope' : where}`
}

function pathParameters(path: string): Schema[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name: name!, in: 'path', required: true },
    ...(name === 'scope' && {
      description:
        'The id that is extended, with its slashes: a subscription, a group or a resource.',
    }),
    schema: { type: 'string', maxLength: name === 'scope' ? 2048 : 260 },
  }))
}

function commonParameters({ method, answer = '' }: Endpoint): Schema[] {
  const lists = answer.startsWith('[') ? ['top', 'skipToken', 'filter'] : []
  const conditions = ['PUT', 'PATCH', 'DELETE'].includes(method) ? ['ifMatch', 'ifNoneMatch'] : []
  return ['apiVersion', ...lists, ...conditions].map((name) => ({
    $ref: `#/components/parameters/${name}`,
  }))
}

/** A change answers at once, or says where its operation is asked after. */
const STATUSES: Readonly<Record<Endpoint['method'], readonly string[]>> = {
  GET: ['200'],
  PUT: ['200', '201'],
  PATCH: ['200'],
  POST: ['200', '202', '204'],
  DELETE: ['200', '202', '204'],
}

function responsesOf({ method, answer }: Endpoint): Schema {
  const responses = STATUSES[method].map((status) => [status, responseOf(method, status, answer)])
  return { ...Object.fromEntries(responses), default: { $ref: '#/components/responses/Error' } }
}

const MEANING: Readonly<Record<string, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Accepted: an operation follows.',
  204: 'There is nothing to tell.',
}

function responseOf(method: string, status: string, answer: string | undefined): Schema {
  const hasBody = status === '200' || status === '201'
  const isChange = method !== 'GET' && status !== '204'
  return {
    description: MEANING[status]!,
    ...(isChange && {
      headers: {
        'Azure-AsyncOperation': refTo('AsyncOperation'),
        'Retry-After': refTo('RetryAfter'),
      },
    }),
    ...(hasBody && { content: jsonOf(answer === undefined ? {} : answerOf(answer)) }),
  }
}

const refTo = (header: string): Schema => ({ $ref: `#/components/headers/${header}` })

function answerOf(answer: string): Schema {
  if (!answer.startsWith('[')) return schemaOf(answer)
  return {
    type: 'object',
    required: ['value'],
    properties: { value: schemaOf(answer), nextLink: { type: 'string', format: 'uri' } },
  }
}

function jsonOf(schema: Schema): Schema {
  return { 'application/json': { schema } }
}
