namespace Twinspect
{
    /// <summary>What gray values a variation model's pictures have.</summary>
    public enum VariationType
    {
        /// <summary><see cref="PixelFormat.Gray8"/>.</summary>
        Byte = 1,

        /// <summary><see cref="PixelFormat.Gray16"/>.</summary>
        UInt2 = 2,

        /// <summary>Unsupported: add 32768 to each gray value, and use UInt2. Limits move with it, differences stay the same.</summary>
        Int2 = 3,
    }

    /// <summary>How the ideal image and its variation come about.</summary>
    public enum VariationMode
    {
        /// <summary>Mean and standard deviation (divided by the number of images) of all images so far.</summary>
        Standard = 1,

        /// <summary>Median and median absolute deviation, times 1.4826, of the images of one call.</summary>
        Robust = 2,

        /// <summary>Both are given to <see cref="Variation.PrepareDirect"/>.</summary>
        Direct = 3,
    }

    /// <summary>What a variation model compares.</summary>
    public enum VariationEngine
    {
        /// <summary>Gray values.</summary>
        Pixels = 1,

        /// <summary>Anomaly maps.</summary>
        Features = 2,

        /// <summary>Both.</summary>
        Both = 3,
    }

    /// <summary>Which gray values are defects.</summary>
    public enum VariationCompare
    {
        /// <summary>Too light or too dark, regions of both together.</summary>
        Absolute = 1,

        /// <summary>Too light.</summary>
        Light = 2,

        /// <summary>Too dark.</summary>
        Dark = 3,

        /// <summary>Both, each in regions of its own: first the light ones; those that are too dark have negative peaks.</summary>
        LightDark = 4,
    }

    /// <summary>An image of a variation model.</summary>
    public enum VariationImage
    {
        /// <summary>What a good part looks like.</summary>
        Ideal = 1,

        /// <summary>How much good parts vary.</summary>
        Variation = 2,

        /// <summary>Gray values below it are too dark.</summary>
        Lower = 3,

        /// <summary>Gray values above it are too light.</summary>
        Upper = 4,
    }
}
