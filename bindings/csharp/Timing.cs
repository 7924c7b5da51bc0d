using Twinspect.Native;

namespace Twinspect
{
    /// <summary>How long the stages of an inspection took, in milliseconds; 0 of a stage that the model does without.</summary>
    public readonly struct Timing
    {
        internal Timing(tsp_timing timing)
        {
            TotalMs = timing.total_ms;
            PreprocessMs = timing.preprocess_ms;
            BackboneMs = timing.backbone_ms;
            MatchingMs = timing.matching_ms;
            StatisticsMs = timing.statistics_ms;
            MapMs = timing.map_ms;
            VerdictMs = timing.verdict_ms;
        }

        /// <summary>All stages together.</summary>
        public double TotalMs { get; }

        /// <summary>Pixels to the networks' inputs.</summary>
        public double PreprocessMs { get; }

        /// <summary>The backbone and the patch adaptor.</summary>
        public double BackboneMs { get; }

        /// <summary>Key points, which lead image they match, and how the picture lies on it.</summary>
        public double MatchingMs { get; }

        /// <summary>Distances to what is normal.</summary>
        public double StatisticsMs { get; }

        /// <summary>The anomaly map and its score.</summary>
        public double MapMs { get; }

        /// <summary>Regions and verdict.</summary>
        public double VerdictMs { get; }
    }
}
