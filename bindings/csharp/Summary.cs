using Twinspect.Native;

namespace Twinspect
{
    /// <summary>What an inspection found, in numbers. Scores and thresholds are multiples of the normal variation.</summary>
    public readonly struct Summary
    {
        internal Summary(tsp_summary summary)
        {
            Verdict = (Verdict)summary.verdict;
            Score = summary.score;
            Threshold = summary.threshold;
            PixelThreshold = summary.pixel_threshold;
            Group = (int)summary.group;
            Matches = (int)summary.matches;
            RegionCount = (int)summary.region_count;
            RunCount = (int)summary.run_count;
            MapWidth = (int)summary.map_width;
            MapHeight = (int)summary.map_height;
            Registered = summary.registered != 0;
            Health = (HealthFindings)summary.health;
            Repeats = (int)summary.repeats;
        }

        /// <summary>Good, defect, or undecided.</summary>
        public Verdict Verdict { get; }

        /// <summary>The anomaly score, 0 or more.</summary>
        public float Score { get; }

        /// <summary>The threshold of the score that was used; NaN = none.</summary>
        public float Threshold { get; }

        /// <summary>The threshold of the anomaly map that was used; NaN = none, and then there are no regions.</summary>
        public float PixelThreshold { get; }

        /// <summary>The group of normal images that the picture was compared with, from 0.</summary>
        public int Group { get; }

        /// <summary>Matches with that group's lead image; 0 if the model matches nothing.</summary>
        public int Matches { get; }

        /// <summary>Defect regions.</summary>
        public int RegionCount { get; }

        /// <summary>Runs of all regions together.</summary>
        public int RunCount { get; }

        /// <summary>Width of the anomaly map, which is the picture's.</summary>
        public int MapWidth { get; }

        /// <summary>Its height.</summary>
        public int MapHeight { get; }

        /// <summary>Whether the picture was moved onto the lead image before it was compared: <see cref="Result.Registration"/>.</summary>
        public bool Registered { get; }

        /// <summary>What is wrong with the picture itself: <see cref="Result.Health"/>.</summary>
        public HealthFindings Health { get; }

        /// <summary>Pictures right before it that the inspector saw that were the same to the last bit.</summary>
        public int Repeats { get; }
    }
}
