import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

/** Repeats small work in this process. Work that several instances repeat must take care of that itself. */
@Injectable()
export class Schedule implements OnApplicationShutdown {
  private readonly logger = new Logger(Schedule.name);
  private readonly timers: NodeJS.Timeout[] = [];

  /** Runs `work` every `milliseconds`, never twice at once. A failure is logged; the next turn comes all the same. */
  every(milliseconds: number, name: string, work: () => Promise<unknown>): void {
    let isRunning = false;
    const turn = async () => {
      if (isRunning) return;
      isRunning = true;
      try {
        await work();
      } catch (error) {
        this.logger.warn(`${name} failed; it is tried again in ${milliseconds / 1000} s`, error);
      } finally {
        isRunning = false;
      }
    };
    this.timers.push(setInterval(() => void turn(), milliseconds).unref());
  }

  onApplicationShutdown(): void {
    for (const timer of this.timers) clearInterval(timer);
  }
}
