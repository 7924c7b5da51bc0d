using Twinspect.Native;

namespace Twinspect
{
    /// <summary>What a variation model is.</summary>
    public readonly struct VariationInfo
    {
        internal VariationInfo(tsp_variation_summary summary)
        {
            Width = (int)summary.width;
            Height = (int)summary.height;
            Type = (VariationType)summary.type;
            Mode = (VariationMode)summary.mode;
            Engine = (VariationEngine)summary.engine;
            IsPrepared = summary.prepared != 0;
        }

        /// <summary>Width of its pictures, in pixels.</summary>
        public int Width { get; }

        /// <summary>Their height.</summary>
        public int Height { get; }

        /// <summary>What gray values its pictures have.</summary>
        public VariationType Type { get; }

        /// <summary>How its ideal image and its variation come about.</summary>
        public VariationMode Mode { get; }

        /// <summary>What it compares.</summary>
        public VariationEngine Engine { get; }

        /// <summary>Whether it can compare.</summary>
        public bool IsPrepared { get; }
    }
}
