export async function setUp() {
  return true
}
