namespace Twinspect
{
    /// <summary>How far long work has come: done of total steps of a stage.</summary>
    public readonly struct WorkProgress
    {
        /// <summary>Done of total steps of a stage.</summary>
        public WorkProgress(string stage, long done, long total)
        {
            Stage = stage;
            Done = done;
            Total = total;
        }

        /// <summary>What is being done, a word or two.</summary>
        public string Stage { get; }

        /// <summary>Steps that are finished.</summary>
        public long Done { get; }

        /// <summary>Steps in all.</summary>
        public long Total { get; }
    }
}
