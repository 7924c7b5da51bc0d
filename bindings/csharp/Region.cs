using System;
using System.Collections.Generic;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>A defect region: connected pixels whose anomaly reaches the threshold. Coordinates are the picture's.</summary>
    public sealed class Region
    {
        internal unsafe Region(tsp_region* region, Run[] runs)
        {
            X = (int)region->x;
            Y = (int)region->y;
            Width = (int)region->width;
            Height = (int)region->height;
            Peak = region->peak;
            Area = (long)region->area;
            Row = region->row;
            Column = region->column;
            Runs = new ArraySegment<Run>(runs, (int)region->first_run, (int)region->run_count);
        }

        /// <summary>Left edge of the bounding box.</summary>
        public int X { get; }

        /// <summary>Top edge of the bounding box.</summary>
        public int Y { get; }

        /// <summary>Width of the bounding box.</summary>
        public int Width { get; }

        /// <summary>Height of the bounding box.</summary>
        public int Height { get; }

        /// <summary>The highest value of the anomaly map in it.</summary>
        public float Peak { get; }

        /// <summary>Its pixels.</summary>
        public long Area { get; }

        /// <summary>Mean row of its pixels.</summary>
        public double Row { get; }

        /// <summary>Mean column of its pixels.</summary>
        public double Column { get; }

        /// <summary>Its chords, sorted by row, then by column.</summary>
        public IReadOnlyList<Run> Runs { get; }
    }

    /// <summary>A horizontal chord of a region, as HALCON's gen_region_runs takes it.</summary>
    public readonly struct Run
    {
        internal Run(tsp_run run)
        {
            Row = run.row;
            ColumnBegin = run.column_begin;
            ColumnEnd = run.column_end;
        }

        /// <summary>Row, from the top.</summary>
        public int Row { get; }

        /// <summary>First column.</summary>
        public int ColumnBegin { get; }

        /// <summary>Last column, included.</summary>
        public int ColumnEnd { get; }
    }
}
