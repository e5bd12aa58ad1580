import { createAudioAnalyser, type LocalAudioTrack, type RemoteAudioTrack } from 'livekit-client';
import { useEffect, useRef } from 'react';

interface LevelMeterProps {
  readonly label: string;
  readonly track: LocalAudioTrack | RemoteAudioTrack | null;
}

/** A bar that follows how loud a track is. Drawn outside React: 60 frames a second need no re-render. */
export function LevelMeter({ label, track }: LevelMeterProps) {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!track) return;
    const { calculateVolume, cleanup } = createAudioAnalyser(track, { smoothingTimeConstant: 0.6 });
    let frame = 0;
    const draw = () => {
      const level = Math.min(1, calculateVolume() * 1.6);
      bar.current?.style.setProperty('transform', `scaleX(${level.toFixed(3)})`);
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      void cleanup();
      bar.current?.style.setProperty('transform', 'scaleX(0)');
    };
  }, [track]);
  return (
    <div className="meter">
      <span className="meter-label">{label}</span>
      <span className="meter-track" aria-hidden="true">
        <span className="meter-bar" ref={bar} />
      </span>
    </div>
  );
}
