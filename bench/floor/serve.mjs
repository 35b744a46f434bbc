/** Listens, tells the benchmark where, and goes when it does. */
export async function serve(app) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  process.on('disconnect', () => process.exit(1));
  process.send({ port: app.server.address().port });
}
