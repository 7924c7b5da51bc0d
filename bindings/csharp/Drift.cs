using Twinspect.Native;

namespace Twinspect
{
    /// <summary>How the scores of good parts compare with those of the normal images.</summary>
    public readonly struct Drift
    {
        internal Drift(tsp_drift drift)
        {
            Found = (DriftFindings)drift.found;
            Parts = (long)drift.parts;
            FoundAt = (long)drift.found_at;
            RisingSince = (long)drift.rising_since;
            Cusum = drift.cusum;
            CusumLimit = drift.cusum_limit;
            CusumAllowance = drift.cusum_allowance;
            KsDistance = drift.ks_distance;
            KsP = drift.ks_p;
            KsLeastP = drift.ks_least_p;
            Window = (int)drift.window;
            References = (int)drift.references;
        }

        /// <summary>What was found since the beginning; it stays until <see cref="Inspector.ResetDrift"/>.</summary>
        public DriftFindings Found { get; }

        /// <summary>Good parts so far.</summary>
        public long Parts { get; }

        /// <summary>The number, from 1, of the good part at which a drift was found first; 0 = none was.</summary>
        public long FoundAt { get; }

        /// <summary>The number of the good part from which on the CUSUM has not been 0; 0 = it is.</summary>
        public long RisingSince { get; }

        /// <summary>The sum of what the logarithms of scores are above their mean, 0 or more, in standard deviations.</summary>
        public double Cusum { get; }

        /// <summary>From here on a rise is found.</summary>
        public double CusumLimit { get; }

        /// <summary>What is not added of each part.</summary>
        public double CusumAllowance { get; }

        /// <summary>The largest distance of the distribution functions of the last full window and of the normal images; NaN before.</summary>
        public double KsDistance { get; }

        /// <summary>The chance of one as large if nothing has changed; NaN before there is one.</summary>
        public double KsP { get; }

        /// <summary>Below that a change is found.</summary>
        public double KsLeastP { get; }

        /// <summary>Good parts in a window.</summary>
        public int Window { get; }

        /// <summary>Normal images that they are compared with.</summary>
        public int References { get; }
    }
}
