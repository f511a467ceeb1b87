/**
 * An output's name as Azure tells it: the capitals that it begins with in small letters, but for the one that begins the next
 * word (`VMSS` is `vmss`, `VMName` is `vmName`). Azure's command line looks for `vmss` where its template says `VMSS`.
 */
export function outputName(name: string): string {
  return name.replace(/^[A-Z]+(?![^A-Z])|^[A-Z]/, (capitals) => capitals.toLowerCase())
}
