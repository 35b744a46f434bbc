// After the last test.
export default async function tearDown() {
  await globalThis.gatehouseTestServer.close();
}
