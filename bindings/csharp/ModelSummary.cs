using Twinspect.Native;

namespace Twinspect
{
    /// <summary>What a model is made of.</summary>
    public readonly struct ModelSummary
    {
        internal ModelSummary(tsp_model_summary summary)
        {
            ImageCount = (int)summary.image_count;
            GroupCount = (int)summary.group_count;
            LeftOutCount = (int)summary.left_out_count;
            ImageWidth = (int)summary.image_width;
            ImageHeight = (int)summary.image_height;
            InputWidth = (int)summary.input_width;
            InputHeight = (int)summary.input_height;
            GridWidth = (int)summary.grid_width;
            GridHeight = (int)summary.grid_height;
            Threshold = summary.threshold;
            PixelThreshold = summary.pixel_threshold;
            FileVersion = (int)summary.file_version;
        }

        /// <summary>Normal images that it has learned from.</summary>
        public int ImageCount { get; }

        /// <summary>Groups of them, one a pose.</summary>
        public int GroupCount { get; }

        /// <summary>Pictures that were added and not learned from: copies of others and, where asked for, outliers.</summary>
        public int LeftOutCount { get; }

        /// <summary>Width of the first normal image, in pixels.</summary>
        public int ImageWidth { get; }

        /// <summary>Its height.</summary>
        public int ImageHeight { get; }

        /// <summary>Width of the network's input, in pixels.</summary>
        public int InputWidth { get; }

        /// <summary>Its height.</summary>
        public int InputHeight { get; }

        /// <summary>Locations in a row of the grid on which the statistics are kept.</summary>
        public int GridWidth { get; }

        /// <summary>Rows of that grid.</summary>
        public int GridHeight { get; }

        /// <summary>Scores from here on are defects; NaN if there were too few images to say.</summary>
        public float Threshold { get; }

        /// <summary>Pixels of the anomaly map from here on form defect regions; NaN if there were too few images to say.</summary>
        public float PixelThreshold { get; }

        /// <summary>Version of the model file that <see cref="Model.Save"/> writes.</summary>
        public int FileVersion { get; }
    }
}
