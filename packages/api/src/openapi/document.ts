import { type Endpoint, operationOf } from './operation.ts'
import { type Schema, schemasOf } from './schemas.ts'

/**
 * The contract as others read it: every endpoint with the right it needs, what may be sent and what is answered.
 * @see OpenAPI Specification 3.1.1
 */
export function openApiOf(endpoints: readonly Endpoint[]): Schema {
  const paths: Record<string, Schema> = {}
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}')
    const operation = operationOf(endpoint, endpoints)
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation }
  }
  const named = endpoints.flatMap(({ body, answer }) => [body, answer])
  const names = named.filter((name) => name !== undefined).map((name) => name.replace(/[[\]]/g, ''))
  return {
    openapi: '3.1.1',
    info: {
      title: 'trusted-launch',
      version: '0.0.0',
      description:
        "Azure Resource Manager's API for Trusted Launch VMs on a host of one's own. Any well-formed api-version is taken, and one contract answers all. A member that a schema does not have is refused (`Could not find member …`); a member that is read only is left out when it is sent back.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths: sorted(paths),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'A token of the tenant’s authority, scope `https://management.azure.com/.default`.',
        },
      },
      parameters,
      headers,
      responses: { Error: error },
      schemas: { Error: errorSchema, ...schemasOf(names) },
    },
  }
}

const parameters: Record<string, Schema> = {
  apiVersion: {
    name: 'api-version',
    in: 'query',
    required: true,
    description: 'Any well-formed one, newer than today’s too.',
    schema: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}(-[A-Za-z0-9-]{1,32})?$' },
  },
  top: {
    name: '$top',
    in: 'query',
    description: 'How many a page has.',
    schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
  },
  skipToken: {
    name: '$skipToken',
    in: 'query',
    description: 'Where the page begins: part of `nextLink`, and of nothing else.',
    schema: { type: 'string', maxLength: 2048 },
  },
  filter: {
    name: '$filter',
    in: 'query',
    description: 'Conditions joined by `and`. One that a list does not know is refused.',
    schema: { type: 'string', maxLength: 4096 },
  },
  ifMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'Only if the resource has one of these versions; `*`: only if there is one.',
    schema: { type: 'string' },
  },
  ifNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'Only if the resource has none of these versions; `*`: only if there is none.',
    schema: { type: 'string' },
  },
}

const headers: Record<string, Schema> = {
  ETag: { description: 'The version of the resource, in quotes.', schema: { type: 'string' } },
  AsyncOperation: {
    description:
      'Where the long action that follows is asked after, until its `status` says it is over.',
    schema: { type: 'string', format: 'uri' },
  },
  RetryAfter: {
    description: 'Seconds until it is worth asking again.',
    schema: { type: 'integer' },
  },
}

const error: Schema = {
  description: 'Refused or failed.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
}

const errorSchema: Schema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', description: 'Stable: what programs match on.' },
        message: { type: 'string' },
        target: { type: 'string' },
        details: { type: 'array', items: { type: 'object' } },
      },
    },
  },
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
