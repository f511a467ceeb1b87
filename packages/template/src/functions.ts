import type { TemplateFunction } from './call.ts'
import { dateFunctions } from './functions/dates.ts'
import { deploymentFunctions } from './functions/deployment.ts'
import { encodingFunctions } from './functions/encodings.ts'
import { lambdaFunctions } from './functions/lambdas.ts'
import { listFunctions } from './functions/lists.ts'
import { logicFunctions } from './functions/logic.ts'
import { numberFunctions } from './functions/numbers.ts'
import { objectFunctions } from './functions/objects.ts'
import { resourceFunctions } from './functions/resources.ts'
import { textFunctions } from './functions/texts.ts'

/** The functions that are there, by their kind. Names are the same in any case of letters. */
export const FUNCTIONS: Readonly<Record<string, Readonly<Record<string, TemplateFunction>>>> = {
  'deployment values': deploymentFunctions,
  resources: resourceFunctions,
  texts: textFunctions,
  'lists and more': listFunctions,
  objects: objectFunctions,
  numbers: numberFunctions,
  logic: logicFunctions,
  dates: dateFunctions,
  encodings: encodingFunctions,
  lambdas: lambdaFunctions,
}

const NO_KEYS = 'no resource here has keys that may be shown'
const NO_ZONES = 'an installation has one location without zones'
const NO_NETWORK = 'address ranges are not computed here'

/** Those of Azure that are refused, and why. */
export const REFUSED: Readonly<Record<string, string>> = {
  'list*': NO_KEYS,
  cidrhost: NO_NETWORK,
  cidrsubnet: NO_NETWORK,
  parsecidr: NO_NETWORK,
  managementgroup: 'there are no management groups',
  managementgroupresourceid: 'there are no management groups',
  pickzones: NO_ZONES,
  tological: NO_ZONES,
  tologicalzone: NO_ZONES,
  tologicalzones: NO_ZONES,
  tophysicalzone: NO_ZONES,
  tophysicalzones: NO_ZONES,
  float: 'the language has integers only',
  externalinput: 'parameters are given with the deployment',
  deployer: 'who deploys is told by the activity log',
}

const byName = new Map(
  Object.values(FUNCTIONS)
    .flatMap((of) => Object.entries(of))
    .map(([name, one]) => [name.toLowerCase(), one]),
)

/** Null: there is none of that name, or it is refused. */
export function functionNamed(name: string): TemplateFunction | null {
  return byName.get(name.toLowerCase()) ?? null
}
