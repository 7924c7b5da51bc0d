using System.Collections.Generic;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>How a picture was moved onto its group's lead image.</summary>
    public sealed class Registration
    {
        internal unsafe Registration(tsp_registration* registration)
        {
            Inliers = (int)registration->inliers;
            RmsPx = registration->rms_px;
            Aligned = registration->aligned != 0;
            var toLead = new double[9];
            for (var i = 0; i < toLead.Length; ++i) toLead[i] = registration->to_lead[i];
            ToLead = toLead;
        }

        /// <summary>Matches that agree with it.</summary>
        public int Inliers { get; }

        /// <summary>Root of their mean squared distance from where they should be, in pixels of the network's input.</summary>
        public double RmsPx { get; }

        /// <summary>
        /// A 3 x 3 matrix, row by row, that ends in 1: (x, y) of the picture to (x', y') of the lead image, both in pixels of
        /// the picture, the upper left corner at (0, 0), the middle of the first pixel at (0.5, 0.5). (X, Y, W) = matrix
        /// (x, y, 1), x' = X / W, y' = Y / W.
        /// </summary>
        public IReadOnlyList<double> ToLead { get; }

        /// <summary>True if gray values had the last word; false: as exact as the matcher's points, a few pixels.</summary>
        public bool Aligned { get; }
    }
}
