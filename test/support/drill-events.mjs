/** Type of the events of drills and benchmarks, and the subscriber that hears of them. */
export const EVENT = 'drill.happened';
export const CONSUMER = 'drill.consumer';
