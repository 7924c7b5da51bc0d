using Twinspect.Native;

namespace Twinspect
{
    /// <summary>
    /// What a picture is like as a frame of a camera, and the limits that follow from the normal images; NaN where there is no
    /// limit. Gray values are those of the pixels that the network sees, 0 = black, 1 = white.
    /// </summary>
    public readonly struct Health
    {
        internal Health(tsp_health health)
        {
            Findings = (HealthFindings)health.findings;
            LimitsKnown = health.limits_known != 0;
            Repeats = (int)health.repeats;
            Brightness = health.brightness;
            BrightnessLow = health.brightness_low;
            BrightnessHigh = health.brightness_high;
            Contrast = health.contrast;
            ContrastLow = health.contrast_low;
            Sharpness = health.sharpness;
            SharpnessLow = health.sharpness_low;
            Black = health.black;
            BlackHigh = health.black_high;
            Saturated = health.saturated;
            SaturatedHigh = health.saturated_high;
            Proportions = health.proportions;
            ProportionsLow = health.proportions_low;
            ProportionsHigh = health.proportions_high;
            Images = (int)health.images;
        }

        /// <summary>What is wrong; <see cref="Result.ToJson"/> says it in words.</summary>
        public HealthFindings Findings { get; }

        /// <summary>Whether there are limits; a model of an old file says nothing of its normal images' frames.</summary>
        public bool LimitsKnown { get; }

        /// <summary>Pictures right before it that the inspector saw that were the same to the last bit.</summary>
        public int Repeats { get; }

        /// <summary>Mean gray value, 0 to 1.</summary>
        public float Brightness { get; }

        /// <summary>Below is <see cref="HealthFindings.TooDark"/>.</summary>
        public float BrightnessLow { get; }

        /// <summary>Above is <see cref="HealthFindings.TooBright"/>.</summary>
        public float BrightnessHigh { get; }

        /// <summary>Standard deviation of the gray values, 0 to 0.5.</summary>
        public float Contrast { get; }

        /// <summary>Below is <see cref="HealthFindings.Flat"/>.</summary>
        public float ContrastLow { get; }

        /// <summary>Mean absolute Laplacian of the gray values, 0 to 4.</summary>
        public float Sharpness { get; }

        /// <summary>Below is <see cref="HealthFindings.Blurred"/>.</summary>
        public float SharpnessLow { get; }

        /// <summary>Share of pixels of which no channel is above 1 % of white, 0 to 1.</summary>
        public float Black { get; }

        /// <summary>Above is <see cref="HealthFindings.Black"/>.</summary>
        public float BlackHigh { get; }

        /// <summary>Share of pixels of which a channel reaches 99 % of white, 0 to 1.</summary>
        public float Saturated { get; }

        /// <summary>Above is <see cref="HealthFindings.Saturated"/>.</summary>
        public float SaturatedHigh { get; }

        /// <summary>Width by height of the picture.</summary>
        public float Proportions { get; }

        /// <summary>Below is <see cref="HealthFindings.Proportions"/>.</summary>
        public float ProportionsLow { get; }

        /// <summary>And above.</summary>
        public float ProportionsHigh { get; }

        /// <summary>Normal images that the limits follow from.</summary>
        public int Images { get; }
    }
}
