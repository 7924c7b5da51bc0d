using System;
using Twinspect.Loading;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>How a threshold was found.</summary>
    public enum ThresholdMethod
    {
        /// <summary>Read off the scores: as many good parts lie above it as the rate says.</summary>
        Counted = 1,

        /// <summary>Extrapolated from the highest scores of good parts.</summary>
        Tail = 2,

        /// <summary>Two to four good parts: a guess, as if the logarithms of scores were normal.</summary>
        LogNormal = 3,

        /// <summary>Between good and defective parts.</summary>
        Between = 4,
    }

    /// <summary>A threshold from a program's own scores, and how far it can be relied on.</summary>
    public sealed unsafe class Threshold
    {
        private Threshold(tsp_threshold threshold)
        {
            Method = (ThresholdMethod)threshold.method;
            Value = threshold.threshold;
            RateLow = threshold.rate_low;
            RateHigh = threshold.rate_high;
            ImagesNeeded = (long)threshold.images_needed;
            FalseAlarms = (long)threshold.false_alarms;
            Misses = (long)threshold.misses;
        }

        /// <summary>Finds a threshold by the scores of pictures that the model has not learned from.</summary>
        /// <param name="scores">Scores, or the highest values of anomaly maps; 0 or more.</param>
        /// <param name="falseAlarmRate">Share of good parts that may be called defective, 0.000001 to 0.5.</param>
        /// <param name="labels">
        /// For each score whether the part is defective; null = all are good. With labels a rate of 0 puts the threshold between
        /// the good and the defective parts.
        /// </param>
        /// <exception cref="TwinspectException">
        /// InvalidArgument for the rate or the count, Numeric for a score that is negative or not finite, TooFewImages.
        /// </exception>
        public static Threshold FromScores(float[] scores, double falseAlarmRate, bool[] labels = null)
        {
            if (scores == null) throw new ArgumentNullException(nameof(scores));
            if (labels != null && labels.Length != scores.Length)
            {
                throw Failure.Argument(FormattableString.Invariant($"{scores.Length} scores, {labels.Length} labels"),
                    "Give a label for each score.", nameof(labels));
            }
            byte[] bytes = null;
            if (labels != null) bytes = Array.ConvertAll(labels, defective => defective ? (byte)1 : (byte)0);
            return LibraryLoader.Run(() =>
            {
                var threshold = new tsp_threshold { struct_size = (uint)sizeof(tsp_threshold) };
                fixed (float* first = scores)
                fixed (byte* firstLabel = bytes)
                {
                    Failure.Check(NativeMethods.tsp_threshold_from_scores(first, firstLabel, (ulong)scores.Length,
                        falseAlarmRate, &threshold));
                }
                return new Threshold(threshold);
            });
        }

        /// <summary>How it was found.</summary>
        public ThresholdMethod Method { get; }

        /// <summary>Scores from here on are defects.</summary>
        public float Value { get; }

        /// <summary>
        /// The share of good parts that it will in fact call defective lies, with a chance of 90 %, above this; NaN if it was
        /// found between good and defective parts.
        /// </summary>
        public double RateLow { get; }

        /// <summary>And below this.</summary>
        public double RateHigh { get; }

        /// <summary>How many good parts it takes to count the rate off their scores; 0 if no rate was asked for.</summary>
        public long ImagesNeeded { get; }

        /// <summary>Good parts among the scores that it calls defective.</summary>
        public long FalseAlarms { get; }

        /// <summary>Defective parts among the scores that it calls good.</summary>
        public long Misses { get; }
    }
}
